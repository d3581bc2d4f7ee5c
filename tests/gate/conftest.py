"""A repository of a user: a kernel, a profile, a graph, and their stored schedules."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from twill.cli.main import run
from twill.gpu_profiles.library import load_profile
from twill.kernels.graph_library import graph_path
from twill.kernels.library import kernel_path


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    (root / "schedules").mkdir()
    (root / "gpus").mkdir()
    for gpu in ("b200", "h100-sxm"):
        (root / "gpus" / f"{gpu}.yaml").write_text(load_profile(gpu).text)
    for name, gpu in (("fp8_gemm_block_scales", "b200"), ("gemm", "h100-sxm")):
        shutil.copy(kernel_path(name), root)
        profile = root / "gpus" / f"{gpu}.yaml"
        arguments = ["--gpu", str(profile), "-q", "--json", "--store", str(root / "schedules")]
        assert run(["solve", str(root / f"{name}.yaml"), *arguments]) == 0
    shutil.copy(graph_path("paper_running_example"), root)
    graph = root / "paper_running_example.yaml"
    assert run(["solve", str(graph), "-q", "--json", "--store", str(root / "schedules")]) == 0
    return root


@pytest.fixture
def repository(stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy to be edited, as the current folder."""
    root = tmp_path / "copy"
    shutil.copytree(stored, root)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def edit(repository: Path) -> Callable[[str, str, str], None]:
    """Replace a text in a file, once."""

    def replace(file: str, old: str, new: str) -> None:
        path = repository / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1))

    return replace
