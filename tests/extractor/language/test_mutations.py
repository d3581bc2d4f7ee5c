"""Mutated library kernels: a problem or one located error, and never anything else."""

import random
import time

import pytest

from twill.extractor.build import build_problem
from twill.gpu_profiles.library import load_profile, profile_names
from twill.kernels.library import kernel_names, kernel_path
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.reader.documents import read_document
from twill.tests.support.mutations import check_refusal, mutated, renumbered

TEXTS = [kernel_path(name).read_text() for name in kernel_names()]
PROFILES = [load_profile(name).value for name in profile_names()]


@pytest.mark.parametrize("only_numbers", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_mutated_kernels(seed: int, only_numbers: bool) -> None:
    generator = random.Random(seed)
    refused, began = 0, time.process_time()
    for _ in range(100):
        chosen = generator.choice(TEXTS)
        text = renumbered(generator, chosen) if only_numbers else mutated(generator, chosen, TEXTS)
        try:
            document = read_document(text, "k.yaml", KernelDocument, InvalidKernel)
            build_problem(document, generator.choice(PROFILES))
        except InvalidKernel as error:
            refused += 1
            check_refusal(error, text, "k.yaml")
    assert 30 < refused < 100, "mutations are neither all fatal nor all harmless"
    assert time.process_time() - began < 60
