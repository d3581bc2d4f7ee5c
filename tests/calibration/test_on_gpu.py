"""What is documented of a GPU, measured on one."""

from __future__ import annotations

import pytest

from twill.calibration.calibrate import calibrate, run_here
from twill.gpu_profiles.library import load_profile, load_profile_text
from twill.models.errors import DeviceFault
from twill.runtime.cupy_driver import CupyDriver


@pytest.mark.gpu("sm_90a")
@pytest.mark.slow
def test_documented_rates_of_hopper_are_found() -> None:
    try:
        driver = CupyDriver()
    except DeviceFault as missing:
        pytest.skip(str(missing).partition("\n")[0])
    if driver.capability() != (9, 0):
        pytest.skip(f"{driver.device_name()} is no Hopper GPU")
    base = load_profile("h100-sxm")
    samples = run_here(base, driver, ["matrix", "vector", "shared_port"], 21, print)
    found = calibrate(base, samples)
    assert found.refused == ()
    new = load_profile_text(found.profile_text)
    for name in ("fma", "alu", "mufu", "shuffle", "shared_port"):
        documented = base.value.units[name].capacity.value
        assert new.units[name].capacity.value == pytest.approx(documented, rel=0.05), name
    rate = new.tensor_core.multiply_adds["bf16"]["M64"].value
    assert rate == pytest.approx(2048, rel=0.05)
