"""The cache of compiled sources, and cubins under the hash of their content."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from twill.models.errors import InvalidInput
from twill.runtime import nvrtc
from twill.runtime.cache import cache_folder, compile_cached, store_cubin, write_atomically
from twill.runtime.nvrtc import Compiled
from twill.runtime.report import PtxasReport
from twill.tests.runtime.sources import SCALE

LOG = "ptxas info    : Used 40 registers"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str, Sequence[str]]]:
    """What was compiled; the compiler is a fake one, with a line break in its cubin."""
    done: list[tuple[str, str, str, Sequence[str]]] = []

    def compile_source(
        source: str, target: str, name: str, defines: Sequence[str] = ()
    ) -> Compiled:
        done.append((source, target, name, defines))
        return Compiled(f"cubin\n{source}".encode(), PtxasReport.parse(LOG), "NVRTC 12.9")

    monkeypatch.setattr(nvrtc, "compile_source", compile_source)
    monkeypatch.setattr(nvrtc, "_version", lambda: (12, 9))
    return done


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "compiled").iterdir())


def test_what_was_compiled_is_not_compiled_again(
    compiled: list[object], cache_folder: Path
) -> None:
    first = compile_cached("a", "sm_90a", "a.cu")
    second = compile_cached("a", "sm_90a", "a.cu")
    assert first == second
    assert second.report.registers == 40
    assert second.report.log == LOG
    assert len(compiled) == len(entries(cache_folder)) == 1


def test_everything_that_changes_the_cubin_is_in_the_key(
    compiled: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_cached("a", "sm_90a", "a.cu")
    compile_cached("b", "sm_90a", "a.cu")
    compile_cached("a", "sm_100a", "a.cu")
    compile_cached("a", "sm_90a", "a.cu", ["B=1"])
    compile_cached("a", "sm_90a", "b.cu")
    monkeypatch.setattr(nvrtc, "_version", lambda: (13, 0))
    compile_cached("a", "sm_90a", "a.cu")
    monkeypatch.setattr(nvrtc, "FLAGS", ("-G",))
    compile_cached("a", "sm_90a", "a.cu")
    assert len(compiled) == 7


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: content.replace(b"cubin\n", b"cubiN\n"),
        lambda content: b"",
        lambda content: b"[]\n",
        lambda content: b"[" * 100_000,
        lambda content: b"\xff\n",
    ],
)
def test_a_damaged_entry_is_compiled_again(
    damage: object, compiled: list[object], cache_folder: Path
) -> None:
    whole = compile_cached("a", "sm_90a", "a.cu")
    (entry,) = entries(cache_folder)
    assert callable(damage)
    entry.write_bytes(damage(entry.read_bytes()))
    assert compile_cached("a", "sm_90a", "a.cu") == whole
    assert len(compiled) == 2
    assert compile_cached("a", "sm_90a", "a.cu") == whole
    assert len(compiled) == 2


def test_many_at_once_leave_one_whole_entry(compiled: list[object], cache_folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(
            pool.map(lambda _: compile_cached("a", "sm_90a", "a.cu").cubin, range(40), chunksize=1)
        )
    assert made == {b"cubin\na"}
    assert len(entries(cache_folder)) == 1  # no temporary file is left


def test_a_folder_that_cannot_be_written_is_no_fault(
    compiled: list[object], tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert compile_cached("a", "sm_90a", "a.cu", folder=blocked).cubin == b"cubin\na"
    path = store_cubin(b"cubin", blocked)
    assert path.read_bytes() == b"cubin"
    assert not path.is_relative_to(blocked)


def test_who_has_no_home_launches_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("TWILL_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    assert store_cubin(b"cubin").read_bytes() == b"cubin"


def test_the_target_is_checked_before_the_cache(compiled: list[object]) -> None:
    with pytest.raises(InvalidInput, match="no target"):
        compile_cached("a", "sm_42", "a.cu")


def test_a_real_kernel_comes_back_with_its_report() -> None:
    first = compile_cached(SCALE, "sm_90a", "scale.cu", ["FACTOR=2.0f"])
    second = compile_cached(SCALE, "sm_90a", "scale.cu", ["FACTOR=2.0f"])
    assert first == second
    assert second.cubin.startswith(b"\x7fELF")
    assert second.report.is_clean


def test_a_cubin_is_named_by_its_content(tmp_path: Path) -> None:
    path = store_cubin(b"one", tmp_path)
    assert path.name == f"{hashlib.sha256(b'one').hexdigest()}.cubin"
    assert store_cubin(b"two", tmp_path) != path
    path.write_bytes(b"damaged")
    assert store_cubin(b"one", tmp_path).read_bytes() == b"one"


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write_atomically(tmp_path / "a", b"content")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == Path(os.environ["TWILL_CACHE"])
    monkeypatch.delenv("TWILL_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "twill"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "twill"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder() == tmp_path / "Library" / "Caches" / "twill"
