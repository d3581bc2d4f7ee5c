"""Difference bounds between stages, closed under addition; grows by one bound at a time."""

NEVER = -(10**9)


def close(least: list[list[int]]) -> list[list[int]] | None:
    """The bounds t[v] - t[u] >= least[u][v] closed under addition; None if they contradict."""
    closed = Closure(len(least))
    for u, row in enumerate(least):
        for v, bound in enumerate(row):
            if not closed.add(u, v, bound):
                return None
    return closed.at


class Closure:
    """`at[a][b]`: k[b] - k[a] is at least this, in every solution."""

    __slots__ = ("at",)

    def __init__(self, count: int) -> None:
        self.at = [[0 if a == b else NEVER for b in range(count)] for a in range(count)]

    def copy(self) -> "Closure":
        other = Closure.__new__(Closure)
        other.at = [row[:] for row in self.at]
        return other

    def add(self, source: int, target: int, least: int) -> bool:
        """Ask for k[target] - k[source] >= least; False if that contradicts what was asked."""
        at = self.at
        if least <= at[source][target]:
            return True
        if at[target][source] + least > 0:
            return False
        onward = at[target]
        for row in at:
            through = row[source]
            if through > NEVER:
                through += least
                for b, further in enumerate(onward):
                    if further > NEVER and through + further > row[b]:
                        row[b] = through + further
        return True
