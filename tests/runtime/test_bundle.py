"""Reading bundles that are whole, and bundles that somebody changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twill.models.errors import InvalidInput
from twill.runtime import bundle as bundle_module
from twill.runtime.binding import grid_of
from twill.runtime.bundle import Bundle
from twill.runtime.manifest import ExtentParameter, TensorMapParameter, Tolerance
from twill.runtime.manifest_reading import read_manifest
from twill.runtime.pack import write_bundle
from twill.tests.runtime import scaling

Change = Callable[[dict[str, Any]], object]


def changed(tmp_path: Path, change: Change) -> Path:
    """A bundle whose launch.json was changed after it was written."""
    folder = scaling.write(tmp_path / "bundle")
    path = folder / "launch.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
    return folder


def test_a_bundle_is_read_with_every_field(tmp_path: Path) -> None:
    bundle = Bundle.load(scaling.write(tmp_path / "bundle", [scaling.case()]))
    manifest = bundle.manifest
    assert bundle.cubin == b"\x7fELF scale"
    assert bundle.reference == tmp_path / "bundle" / "reference.npz"
    assert (manifest.kernel, manifest.entry, manifest.threads) == ("scale", "scale", 128)
    assert [t.name for t in manifest.inputs] == ["a"]
    assert [(t.name, t.initial) for t in manifest.outputs] == [("c", "nan"), ("total", "zeros")]
    assert manifest.parameters[0] == TensorMapParameter("a", (64, 64), 128)
    assert manifest.parameters[4] == ExtentParameter("M")
    assert manifest.tolerance == Tolerance(0.01, 0.01)
    assert set(manifest.digests) == {
        "kernel.cu", "kernel.cubin", "report.json", "reference.npz",
    }  # fmt: skip


def test_a_bundle_without_a_reference(tmp_path: Path) -> None:
    assert Bundle.load(scaling.write(tmp_path / "bundle")).reference is None


@pytest.mark.parametrize("name", ["kernel.cu", "kernel.cubin", "report.json", "reference.npz"])
def test_a_changed_file_is_one_clear_error(name: str, tmp_path: Path) -> None:
    folder = scaling.write(tmp_path / "bundle", [scaling.case()])
    with (folder / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(InvalidInput, match="changed since") as caught:
        Bundle.load(folder)
    (problem,) = caught.value.problems
    assert problem.file == str(folder / name)


def test_a_changed_launcher_is_found_though_it_is_not_used(tmp_path: Path) -> None:
    files = {"kernel.cu": b"", "kernel.cubin": b"\x7fELF", "launcher.c": b"/* scale */\n"}
    write_bundle(tmp_path / "bundle", files, scaling.LAUNCH)
    Bundle.load(tmp_path / "bundle")
    (tmp_path / "bundle" / "launcher.c").write_bytes(b"/* mine */\n")
    with pytest.raises(InvalidInput, match=r"launcher\.c: changed since"):
        Bundle.load(tmp_path / "bundle")


@pytest.mark.parametrize("name", ["launch.json", "kernel.cu", "kernel.cubin"])
def test_a_missing_file(name: str, tmp_path: Path) -> None:
    folder = scaling.write(tmp_path / "bundle")
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match=f"{name}: missing"):
        Bundle.load(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no bundle at"):
        Bundle.load(tmp_path / "nowhere")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = scaling.write(tmp_path / "bundle")
    (folder / "launch.json").unlink()
    os.mkfifo(folder / "launch.json")
    with pytest.raises(InvalidInput, match="missing"):
        Bundle.load(folder)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = scaling.write(tmp_path / "bundle")

    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InvalidInput, match="cannot be read: Permission denied"):
        Bundle.load(folder)


def test_a_file_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = scaling.write(tmp_path / "bundle")
    monkeypatch.setitem(bundle_module.LARGEST_BYTES, "kernel.cubin", 4)
    with pytest.raises(InvalidInput, match="longer than 4 bytes"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", [*scaling.LAUNCH, "format", "digests"])
def test_every_field_must_be_there(name: str, tmp_path: Path) -> None:
    folder = changed(tmp_path, lambda value: value.pop(name))
    with pytest.raises(InvalidInput, match=rf"launch\.json: the field {name} is missing"):
        Bundle.load(folder)


def setting(name: str, value: object) -> Change:
    return lambda launch: launch.update({name: value})


def inside(name: str, index: int, /, **fields: object) -> Change:
    return lambda launch: launch[name][index].update(fields)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (setting("format", "twill-bundle/2"), "format: .* is unknown\n.*write one of twill-bund"),
        (setting("kernel", 3), "kernel: 3 is not a string"),
        (setting("kernel", ["x" * 200]), r"kernel: .{60} is not a string"),
        (setting("target", "sm_80"), "target: .*sm_80.* is unknown"),
        (setting("entry", "f();"), "entry: .* is not a name"),
        (setting("threads", 0), "threads: 0 is not an integer from 1 to 1024"),
        (setting("threads", True), "threads: true is not an integer"),
        (setting("threads", 128.0), "threads: 128.0 is not an integer"),
        (setting("shared_bytes", 232_449), "shared_bytes: 232449 is not an integer"),
        (setting("grid", [1, 1]), "grid: 2 expressions; a grid has 3"),
        (setting("grid", [1, 1, 1, 1]), "grid: 4 entries; at most 3"),
        (setting("grid", [["!", 1, 2], 1, 1]), "grid: no operator"),
        (setting("grid", ["Z", 1, 1]), "grid: Z is not an extent"),
        (setting("grid", ["factor", 1, 1]), "grid: factor is not an extent"),
        (setting("grid", "M"), "grid: .*M.* is not a list"),
        (setting("extents", ["M", "N", 3]), "extents: 3 is not a string"),
        (setting("extents", ["M", "N", "M"]), "the name M is taken"),
        (setting("extents", ["M", "N", "not a name"]), "extents: 'not a name' is not a name"),
        (setting("extents", ["M", "N", "stream"]), "the name stream is taken"),
        (setting("arguments", [3]), r"arguments\[0\] is not an object"),
        (inside("arguments", 0, kind="list"), r"arguments\[0\].kind: .* is unknown"),
        (inside("arguments", 0, dtype="f16"), r"arguments\[0\].dtype: .*f16.* is unknown"),
        (inside("arguments", 0, shape=["M", "Z"]), "Z is not an extent"),
        (inside("arguments", 0, shape=["M", 1.5]), r"arguments\[0\].shape: not an expression"),
        (inside("arguments", 0, name="c"), "the name c is taken"),
        (inside("arguments", 0, initial="nan"), r"the field arguments\[0\].initial is unknown"),
        (inside("arguments", 1, initial="ones"), r"arguments\[1\].initial: .* is unknown"),
        (inside("arguments", 3, dtype="bf16"), r"arguments\[3\].dtype: .*bf16.* is unknown"),
        (inside("parameters", 0, argument="factor"), "'factor' is not declared"),
        (inside("parameters", 0, box=[64]), r"parameters\[0\].box: 1 extents; a has 2"),
        (inside("parameters", 0, box=[64, 64.0]), "not all extents are integers"),
        (inside("parameters", 0, box=[64, 128]), r"parameters\[0\].box: a box row of 256 bytes"),
        (inside("parameters", 0, swizzle=100), "a swizzle of 100"),
        (inside("parameters", 1, kind="array"), r"parameters\[1\].kind: .* is unknown"),
        (inside("parameters", 4, name="Z"), r"parameters\[4\].name: 'Z' is not declared"),
        (inside("parameters", 5, name="M"), r"parameters\[5\].name: 'M' is not declared"),
        (inside("parameters", 5, width=4), r"the field parameters\[5\].width is unknown"),
        (inside("requires", 0, multiple_of=0), r"requires\[0\].multiple_of: 0 is not"),
        (inside("requires", 0, extent="Z"), r"requires\[0\].extent: 'Z' is not declared"),
        (setting("tolerance", {"absolute": -1, "relative": 0}), "tolerance.absolute: -1 is not"),
        (setting("tolerance", {"absolute": True, "relative": 0}), "tolerance.absolute: true is"),
        (setting("digests", {"kernel.cu": "sha256:00"}), "digests.kernel.cu: not a digest"),
        (setting("digests", {"kernel.cu": 3}), "digests.kernel.cu: not a digest"),
        (setting("digests", {}), "digests: kernel.cu is missing"),
        (setting("digests", {"../secret": "sha256:" + "0" * 64}), "digests: no file '../secret'"),
        (setting("digests", {"launch.json": "sha256:" + "0" * 64}), "digests: no file"),
        (setting("colour", "red"), "the field colour is unknown"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(change: Change, message: str, tmp_path: Path) -> None:
    folder = changed(tmp_path, change)
    with pytest.raises(InvalidInput, match=message) as caught:
        Bundle.load(folder)
    assert caught.value.problems[0].file == str(folder / "launch.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "the file is not an object"),
        (b'{"format": 1, "format": 2}', "a key is written twice"),
        (b'{"format": NaN}', "NaN is no number"),
        (b"[" * 200_000, "not JSON"),
        (b'{"threads": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_what_is_no_json_object(text: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_manifest(text)


WHOLE = json.dumps({**scaling.LAUNCH, "format": "twill-bundle/1", "digests": {}})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(sorted(json.loads(WHOLE))), VALUES)
def test_any_value_in_any_field_is_read_or_refused(name: str, value: object) -> None:
    launch = json.loads(WHOLE)
    launch[name] = value
    with suppress(InvalidInput):  # nothing else may be raised
        read_manifest(json.dumps(launch).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_manifest(text)


def test_the_example_of_the_documentation_is_a_bundle() -> None:
    page = Path(__file__).parents[2] / "docs" / "bundles.md"
    example = page.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0]
    manifest = read_manifest(example.replace("sha256:...", "sha256:" + "0" * 64).encode())
    assert [argument.name for argument in manifest.inputs] == ["a", "b"]
    assert grid_of(manifest.grid, {"M": 1000, "N": 512, "K": 8}) == (16, 1, 1)
