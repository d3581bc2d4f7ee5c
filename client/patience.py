"""How often a call is sent again, and after how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """So many more attempts, the first after `seconds`, each next one after twice as long.

    A service that says how long to wait (Retry-After, in seconds) is believed, within bounds.
    """

    attempts: int = 5
    seconds: float = 0.2

    def pause(self, attempt: int, headers: Mapping[str, str] | None = None) -> float | None:
        """Seconds before the attempt after number `attempt`, from 0; None: no more attempts."""
        if attempt >= self.attempts:
            return None
        told = (headers or {}).get("Retry-After", "")
        if told.isascii() and told.isdigit() and len(told) < 6:
            return min(float(told), LONGEST_SECONDS)
        return min(self.seconds * 2.0**attempt, LONGEST_SECONDS)
