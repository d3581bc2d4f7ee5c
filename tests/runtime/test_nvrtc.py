"""Compiling without a GPU."""

from __future__ import annotations

import sys
import types

import pytest

from twill.models.errors import DeviceFault, InvalidInput
from twill.runtime import nvrtc
from twill.runtime.nvrtc import compile_source
from twill.tests.runtime.sources import SCALE


def test_a_source_becomes_a_whole_elf_file() -> None:
    compiled = compile_source(SCALE, "sm_90a", "scale.cu", ["FACTOR=2.0f"])
    assert compiled.cubin.startswith(b"\x7fELF")
    assert compiled.report.is_clean
    assert compiled.compiler == nvrtc.compiler()


def test_an_error_shows_the_log_with_the_name_of_the_source() -> None:
    with pytest.raises(DeviceFault, match=r"scale\.cu\(3\).*FACTOR.*undefined"):
        compile_source(SCALE, "sm_90a", "scale.cu")


def test_a_long_log_is_cut() -> None:
    source = "void f() {" + "".join(f"unknown_{i}();" for i in range(90)) + "}"
    with pytest.raises(DeviceFault, match=r"more characters$") as caught:
        compile_source(source, "sm_90a", "long.cu")
    assert len(str(caught.value)) < nvrtc.LONGEST_LOG + 200


def test_a_source_that_only_the_assembler_refuses() -> None:
    source = 'extern "C" __global__ void f() { asm volatile("no_such_instruction;"); }'
    with pytest.raises(DeviceFault, match="does not compile for sm_90a"):
        compile_source(source, "sm_90a", "bad.cu")


def test_an_unknown_target_is_the_callers_fault() -> None:
    with pytest.raises(InvalidInput, match="sm_100a"):
        compile_source(SCALE, "sm_42", "scale.cu")


@pytest.mark.parametrize(
    ("target", "version"), [("sm_90a", (12, 2)), ("sm_100a", (12, 6)), ("sm_103a", (12, 8))]
)
def test_an_old_compiler_is_refused_with_the_cure(
    target: str, version: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvrtc, "_version", lambda: version)
    with pytest.raises(DeviceFault, match=rf"cannot compile for {target}\n.*twill-scheduler"):
        compile_source(SCALE, target, "scale.cu")
    monkeypatch.setattr(nvrtc, "_version", lambda: nvrtc.FLOORS[target])
    nvrtc.check_target(target)


@pytest.mark.parametrize("reason", [ImportError("no module"), OSError(""), RuntimeError("lost")])
def test_a_missing_compiler_says_how_to_install_it(
    reason: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(name: str) -> None:
        raise reason

    pathfinder = types.SimpleNamespace(load_nvidia_dynamic_lib=find)
    monkeypatch.setitem(sys.modules, "cuda", types.SimpleNamespace(pathfinder=pathfinder))
    with pytest.raises(DeviceFault, match=r'no NVRTC: .+\n    pip install "twill-scheduler'):
        nvrtc._library.__wrapped__()


def test_a_source_that_cannot_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = types.SimpleNamespace(nvrtcCreateProgram=lambda *arguments: 3)
    monkeypatch.setattr(nvrtc, "_library", lambda: broken)
    with pytest.raises(DeviceFault, match="error 3"):
        compile_source(SCALE, "sm_90a", "scale.cu")
