"""The page: what it shows of an answer as one value, and the files that show it in a browser."""
