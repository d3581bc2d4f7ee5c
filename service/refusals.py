"""What a request can be refused for besides a bad document, each with its HTTP status."""

from __future__ import annotations

import json
from typing import Any

from ..models.errors import InvalidInput, TwillError, UsageError


class Refusal(UsageError):
    """The request is wrong, or not allowed."""

    status: int = 400
    title = "bad request"

    def __init__(self, message: str, cure: str | None = None, **headers: str) -> None:
        """Names of headers are written with `_` for `-`."""
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(message, cure=cure)


class Unauthorized(Refusal):
    """No key, or none that is valid."""

    status = 401
    title = "unauthorized"


class Forbidden(Refusal):
    """The key does not have the scope."""

    status = 403
    title = "forbidden"


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else."""

    status = 404
    title = "not found"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    status = 405
    title = "method not allowed"


class TooSlow(Refusal):
    """The body did not come in time."""

    status = 408
    title = "request timeout"


class TooLarge(Refusal):
    """The body is larger than the limit."""

    status = 413
    title = "too large"


class UnsupportedMedia(Refusal):
    """The body is no JSON."""

    status = 415
    title = "unsupported media type"


class Misdirected(Refusal):
    """The request is meant for another host."""

    status = 421
    title = "misdirected request"


class Unprocessable(Refusal):
    """The request contradicts an earlier one, or itself."""

    status = 422
    title = "usage"


class TooMany(Refusal):
    """A rate or a quota is exhausted."""

    status = 429
    title = "too many requests"


class Unavailable(TwillError):
    """The service cannot do it now; later it may."""

    exit_code = 4
    title = "service unavailable"

    def __init__(self, message: str, retry_seconds: int = 5) -> None:
        self.headers = {"Retry-After": str(retry_seconds)}
        super().__init__(message)


class Relayed(InvalidInput):
    """A document was refused in another process; the problem object as it came."""

    def __init__(self, problem: str) -> None:
        self.problem: dict[str, Any] = json.loads(problem)
        super().__init__(str(self.problem["detail"]))
