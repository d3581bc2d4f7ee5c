"""Mutated GPU profiles: a priced problem or one located error, and never anything else."""

import random
import re
from pathlib import Path

import pytest

from twill.extractor.build import build_problem
from twill.extractor.machine import machine_of
from twill.gpu_profiles.library import load_profile, profile_names
from twill.kernels.library import kernel_names, kernel_path
from twill.models.errors import Infeasible, InvalidGraph, InvalidInput, InvalidKernel
from twill.models.kernel import KernelDocument
from twill.models.profile import GpuProfile
from twill.reader.documents import read_file
from twill.reader.located import Located
from twill.solver.bounds import compute_bounds
from twill.tests.support.mutations import check_refusal, mutated, renumbered

TEXTS = [load_profile(name).text for name in profile_names()]
KERNELS = [read_file(kernel_path(name), KernelDocument) for name in kernel_names()]
# Only what a profile says in figures; the sentences of sources would take most of the mutations.
SHORT = [re.sub(r'source: "(\w+): [^"]*"', r'source: "\1: what is said"', text) for text in TEXTS]


def priced(path: Path, kernel: Located[KernelDocument]) -> bool:
    """Whether the profile is accepted; the problem that it prices has bounds or a clear fault."""
    text = path.read_bytes().decode(errors="replace")
    try:
        profile = load_profile(str(path)).value
    except InvalidInput as error:
        check_refusal(error, text, str(path))
        return False
    assert isinstance(profile, GpuProfile)
    assert machine_of(profile).units
    assert is_bounded(kernel, profile)
    return True


def is_bounded(kernel: Located[KernelDocument], profile: GpuProfile) -> bool:
    """Whether the priced kernel has a MinII, or none for a reason that can be told."""
    try:
        return compute_bounds(build_problem(kernel, profile)).minimum >= 1
    except InvalidKernel as error:
        check_refusal(error, kernel.text, kernel.file)
        return True
    except InvalidGraph as reason:
        return "add up to" in str(reason)
    except Infeasible:
        return True


@pytest.mark.parametrize("seed", range(6))
def test_profiles_with_strange_tokens(seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)
    path, accepted = tmp_path / "gpu.yaml", 0
    for _ in range(50):
        text = mutated(generator, generator.choice(SHORT), SHORT)
        path.write_bytes(text.encode(errors="surrogatepass"))
        accepted += priced(path, generator.choice(KERNELS))
    assert accepted < 50


@pytest.mark.parametrize("seed", range(6))
def test_profiles_with_strange_figures(seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)
    path, accepted = tmp_path / "gpu.yaml", 0
    for _ in range(100):
        path.write_text(renumbered(generator, generator.choice(SHORT)))
        accepted += priced(path, generator.choice(KERNELS))
    assert 20 < accepted < 100, "figures are neither all legal nor all illegal"


FIGURE = re.compile(r"\{value: [^,]+,")


@pytest.mark.parametrize("value", ["0", "1", "1.0e-6", "1000000000", "1.0e+300", ".nan", "-1"])
def test_every_figure_alone_may_be_extreme(value: str, tmp_path: Path) -> None:
    text = load_profile("b200").text
    kernel = read_file(kernel_path("flash_attention_forward"), KernelDocument)
    path = tmp_path / "gpu.yaml"
    for figure in FIGURE.finditer(text):
        path.write_text(f"{text[: figure.start()]}{{value: {value},{text[figure.end() :]}")
        assert not (priced(path, kernel) and value in (".nan", "-1", "1.0e+300"))
