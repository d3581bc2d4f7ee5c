"""`twill calibrate`: a GPU profile with measured figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .gpu_option import gpu_option
from .output import check_writable, print_answer, print_note, write_file
from .tables import table_text

# What reads profiles and compiles is imported when it is needed, so that help comes at once.
if TYPE_CHECKING:
    from ..models.calibration import CalibrationSamples
    from ..models.profile import GpuProfile
    from ..reader.located import Located

DEFAULT_GPU = "h100-sxm"
REPETITIONS = 21
A_CHECK_FAILED = 1


def calibrate(
    gpu: Annotated[str, gpu_option("The profile whose figures are measured.")] = DEFAULT_GPU,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where the new profile is written."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="FAMILY", help="This family only; may be repeated."),
    ] = None,
    from_samples: Annotated[
        Path | None,
        typer.Option("--from", metavar="SAMPLES", help="Samples that were taken elsewhere."),
    ] = None,
    pack_into: Annotated[
        Path | None,
        typer.Option(
            "--pack",
            metavar="FOLDER",
            help="Compile and write a folder that runs on a GPU box with NumPy and CuPy alone.",
        ),
    ] = None,
    samples_to: Annotated[
        Path | None,
        typer.Option("--samples", metavar="FILE", help="Write the raw samples too."),
    ] = None,
    repetitions: Annotated[
        int, typer.Option("--reps", min=5, max=300, metavar="N", help="Repetitions.")
    ] = REPETITIONS,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the families and their microbenchmarks.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Measure what a GPU profile says, with microbenchmarks made of the same device functions.

    Exit codes: 0 done; 1 some results were refused, and their figures keep their source; 2 invalid
    input; 4 no GPU, or a fault of it or of the compiler. Without a GPU: --pack here, run.py there,
    --from here.
    """
    from ..calibration.families import families_of
    from ..gpu_profiles.library import load_profile
    from ..models.errors import UsageError
    from .calibrate_reports import family_rows

    if sum((pack_into is not None, from_samples is not None, list_only)) > 1:
        raise UsageError("--pack, --from and --list exclude one another", cure="give one of them")
    base, chosen = load_profile(gpu), tuple(only or ())
    families_of(base.value.lowering, chosen)  # an unknown one is said before anything is run
    if list_only:
        rows = family_rows(base.value, chosen)
        print_answer(json.dumps(rows, indent=2) if as_json else table_text(rows))
        return 0
    if pack_into is not None:
        print_answer(_pack(base.value, gpu, chosen, pack_into, as_json=as_json))
        return 0
    for path in (output, samples_to):
        if path is not None:
            check_writable(path)
    samples = _samples(base, chosen, from_samples, repetitions)
    return _finish(base, samples, chosen, output, samples_to, as_json=as_json)


def _samples(
    base: Located[GpuProfile], only: tuple[str, ...], given: Path | None, repetitions: int
) -> CalibrationSamples:
    from ..calibration.calibrate import read_samples, run_here
    from ..models.errors import InvalidInput
    from ..reader.documents import read_text
    from ..runtime.cupy_driver import CupyDriver

    if given is not None:
        return read_samples(read_text(given, InvalidInput), str(given))
    return run_here(base, CupyDriver(), only, repetitions, lambda name: print_note(f"  {name}"))


def _finish(
    base: Located[GpuProfile],
    samples: CalibrationSamples,
    only: tuple[str, ...],
    output: Path | None,
    samples_to: Path | None,
    *,
    as_json: bool,
) -> int:
    from ..calibration import calibrate as engine
    from .calibrate_reports import as_object, as_text

    if samples_to is not None:
        write_file(samples_to, samples.model_dump_json(indent=1) + "\n")
    found = engine.calibrate(base, samples, only)
    if output is not None:
        write_file(output, found.profile_text)
    if as_json:
        print_answer(json.dumps(as_object(found, output), indent=2))
    else:
        print_answer(as_text(found, output))
    return A_CHECK_FAILED if found.refused else 0


def _pack(
    profile: GpuProfile, gpu: str, only: tuple[str, ...], folder: Path, *, as_json: bool
) -> str:
    from ..calibration.build import pack
    from ..calibration.families import families_of

    bundle = pack(families_of(profile.lowering, only), profile, folder)
    if as_json:
        names = [one.name for one in bundle.benchmarks]
        return json.dumps({"folder": str(folder), "target": bundle.target, "benchmarks": names})
    return (
        f"{len(bundle.benchmarks)} microbenchmarks for {bundle.gpu} ({bundle.target}), "
        f"{bundle.compiler}, written to {folder}\n"
        f"on a machine with such a GPU: python {folder / 'run.py'}\n"
        f"then here: twill calibrate --gpu {gpu} --from samples.json -o PROFILE.yaml"
    )
