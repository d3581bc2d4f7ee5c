"""`python -m twill.benching` on the stub of a GPU, for scripts; its first argument is a fault."""

from __future__ import annotations

import sys
from functools import partial

from twill.benching.__main__ import end_children_when_ended, main
from twill.tests.benching.bundles import runner

if __name__ == "__main__":
    end_children_when_ended()
    told = partial(print, file=sys.stderr, flush=True)
    sys.exit(main(sys.argv[2:], runner(sys.argv[1], grace_seconds=2.0, note=told)))
