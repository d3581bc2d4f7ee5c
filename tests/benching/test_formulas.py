"""References in 64 bits beside what kernel documents say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twill.benching.formulas import with_reference
from twill.emitter.launch_description import launch_description
from twill.emitting import _stored
from twill.extractor.sample_cases import sample_cases
from twill.runtime.check import compare
from twill.runtime.manifest import Manifest
from twill.runtime.manifest_reading import read_manifest
from twill.runtime.pack import _launch_json
from twill.tests.support.emissions import emission, warp_program


def manifest(kernel: str) -> Manifest:
    files = {"kernel.cu": b"", "kernel.cubin": b""}
    return read_manifest(_launch_json(files, launch_description(warp_program(kernel), "", "")))


@pytest.mark.parametrize("kernel", ["gemm", "flash_attention_forward", "flash_attention_causal"])
def test_formulas_agree_with_the_kernel_documents(kernel: str) -> None:
    described, program = manifest(kernel), emission(kernel).program
    for case in (_stored(one, program) for one in sample_cases(program)):
        right = with_reference(described, case, 0)
        assert right is not None
        for output in described.outputs:
            expected, got = case.outputs[output.name], right.outputs[output.name]
            assert compare(
                output.name, got.astype(np.float32), expected, "f32", described.tolerance
            ).passed


def test_unknown_kernels_and_large_ones_have_no_reference(tmp_path: Path) -> None:
    program = emission("gemm").program
    case = _stored(sample_cases(program)[1], program)
    assert with_reference(manifest("gemm"), case, 10**15) is None
    assert with_reference(manifest("gemm_bias_gelu"), case, 0) is None
