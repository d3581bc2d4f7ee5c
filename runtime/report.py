"""What the assembler says about a kernel: registers, spills, stack, advisories."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_ADVISORY = re.compile(r"\((C7\d{3})\)\s*(.*)")


@dataclass(frozen=True, slots=True)
class Advisory:
    """A remark of ptxas, such as C7508: a setmaxnreg ignored, a wgmma serialized."""

    code: str  # C7504 .. C7519, C7602
    sentence: str


@dataclass(frozen=True, slots=True)
class PtxasReport:
    """The figures of all kernels of one compilation: the most registers, the sum of the bytes.

    Source: the program log of NVRTC under `--ptxas-options=-v`. The advisories stand in the log
    under any options, and cost performance, or the promised overlap, rather than correctness.
    """

    registers: int  # per thread at entry; 0 if the log names none
    spill_store_bytes: int
    spill_load_bytes: int
    stack_bytes: int
    advisories: tuple[Advisory, ...]
    log: str = field(default="", repr=False, compare=False)

    @classmethod
    def parse(cls, log: str) -> PtxasReport:
        """The report in a log. Advisories are in the order of the log, each once."""
        advisories = (Advisory(m[1], m[2].strip()) for m in _ADVISORY.finditer(log))
        return cls(
            registers=max(_numbers(r"Used (\d+) registers", log), default=0),
            spill_store_bytes=sum(_numbers(r"(\d+) bytes spill stores", log)),
            spill_load_bytes=sum(_numbers(r"(\d+) bytes spill loads", log)),
            stack_bytes=sum(_numbers(r"(\d+) bytes stack frame", log)),
            advisories=tuple(dict.fromkeys(advisories)),
            log=log,
        )

    @property
    def is_clean(self) -> bool:
        """Whether the report was found, with no spill, no stack frame and no advisory."""
        wasted = self.spill_store_bytes or self.spill_load_bytes or self.stack_bytes
        return self.registers > 0 and not wasted and not self.advisories

    def as_json(self) -> dict[str, object]:
        """The report as plain values, for report.json."""
        return {
            "registers": self.registers,
            "spill_store_bytes": self.spill_store_bytes,
            "spill_load_bytes": self.spill_load_bytes,
            "stack_bytes": self.stack_bytes,
            "advisories": [{"code": a.code, "sentence": a.sentence} for a in self.advisories],
        }


def _numbers(pattern: str, log: str) -> Iterable[int]:
    return map(int, re.findall(pattern, log))
