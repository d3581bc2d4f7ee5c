"""What a service may be told: options of `twill serve`, or variables of the environment."""

from __future__ import annotations

import difflib
import ipaddress
import os
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ..models.errors import Problem, UsageError

PREFIX = "TWILL_"
ELSEWHERE = frozenset({"TWILL_KEY", "TWILL_SERVER", "TWILL_CACHE"})
"""Variables of the client and of the runtime, which are none of the service's business."""

DEFAULT_DATABASE = "sqlite:///twill.db"
Rate = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}/(second|minute|hour)$")]
InstanceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class Settings(BaseSettings):
    """Each is the variable `TWILL_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    database: str = DEFAULT_DATABASE  # an SQLAlchemy URL; postgresql+psycopg://... needs the extra
    instance: InstanceName = "main"  # names the jobs that this process runs, in a shared database
    workers: Annotated[int, Field(ge=1, le=1024)] | None = None  # None: half of the processors
    executor: Literal["local", "ray"] = "local"  # ray: needs the extra, see docs/farm.md
    ray_address: str | None = None  # of the cluster; None: that of this machine, or a new one
    solve_seconds: Annotated[float, Field(gt=0, le=604_800)] = 3600.0  # of one solve
    solve_megabytes: Annotated[int, Field(ge=1024)] = 4096  # address space of one solve
    attempts: Annotated[int, Field(ge=1, le=10)] = 3  # of a solve whose process or service died
    check_seconds: Annotated[float, Field(gt=0)] = 10.0  # to read and price one document
    draw_seconds: Annotated[float, Field(gt=0)] = 30.0  # to draw or to emit one schedule
    body_bytes: Annotated[int, Field(ge=1024)] = 4 << 20
    body_seconds: Annotated[float, Field(gt=0)] = 20.0  # for the whole body of a request
    submit_rate: Rate = "600/minute"  # submissions and cancellations of one key
    read_rate: Rate = "6000/minute"  # everything else, of one key
    failure_rate: Rate = "30/minute"  # calls with a wrong key, from one address
    live_jobs: Annotated[int, Field(ge=1)] = 100  # queued and running, of one key
    queue: Annotated[int, Field(ge=1)] = 10_000  # queued solves of all keys
    streams: Annotated[int, Field(ge=1)] = 16  # open event streams of one key
    connections: Annotated[int, Field(ge=1)] = 1000
    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None  # None: nothing is removed
    shutdown_seconds: Annotated[float, Field(gt=0)] = 10.0

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_settings(**options: object) -> Settings:
    """Options that are not None go before the environment; raises UsageError for what is wrong."""
    _refuse_unknown()
    chosen = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**chosen)  # type: ignore[arg-type]
    except ValidationError as fault:
        problems = tuple(
            Problem(f"{_name(error['loc'])}: {error['msg']}", cure="see docs/service.md, settings")
            for error in fault.errors(include_url=False)
        )
        raise UsageError(problems[0].message, problems=problems) from None


def _refuse_unknown() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | ELSEWHERE
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            cure = f"did you mean {near[0]}?" if near else "see docs/service.md, settings"
            raise UsageError(f"{name} is no setting of the service", cure=cure)


def _name(place: tuple[int | str, ...]) -> str:
    return PREFIX + str(place[0]).upper() if place else "settings"
