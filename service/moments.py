"""Milliseconds since 1970 as people and documents write them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(milliseconds: int) -> str:
    """Such as 2026-11-25T09:00:00.123Z."""
    at = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
