"""What `twill bench` is given: bundles that exist, and kernels that are emitted first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..benching.correctness import CLOCKS
from ..benching.plan import Trips
from ..models.answer import Answer
from ..models.errors import Unsupported, UsageError
from .output import print_note


def bundles_of(
    targets: Sequence[str], gpu: str | None, folder: Path, top: int, seconds: float | None, *,
    quiet: bool,
) -> list[str]:  # fmt: skip
    """Folders of bundles; a kernel becomes one, or `top` of them, with its twin with marks."""
    found: list[str] = []
    for target in targets:
        if (Path(target) / "launch.json").is_file():
            if top > 1:
                raise UsageError("--top solves a kernel", cure="name a kernel, not a bundle")
            found.append(target)
        elif Path(target).is_dir():
            raise UsageError("is no bundle", file=target, cure="give a folder with launch.json")
        else:
            found += _emitted(target, gpu, folder, top, seconds, quiet=quiet)
    return found


def _emitted(
    target: str, gpu: str | None, folder: Path, top: int, seconds: float | None, *, quiet: bool
) -> Iterator[str]:
    from .. import emitting
    from .emit import answer_to_emit

    answer = answer_to_emit(target, gpu, None, seconds, quiet=quiet, top=top)
    strategies = strategies_of(answer)[:top]
    if len(strategies) < top:
        print_note(f"found {len(strategies)} of the {top} strategies asked for")
    for number, strategy in enumerate(strategies, start=1):
        suffix = f".{number}" if top > 1 else ""
        place = folder / f"{answer.kernel}.{answer.gpu}{suffix}"
        try:
            emitted = emitting.emit(strategy, seconds=seconds)
        except Unsupported as refused:
            if top == 1:
                raise
            print_note(f"strategy {number} is left out: {refused.problems[0].message}")
            continue
        emitting.write(emitted, place)
        emitting.write(emitting.with_clocks(emitted), Path(f"{place}{CLOCKS}"), compared=False)
        yield str(place)


def strategies_of(answer: Answer) -> list[Answer]:
    """The answer with each of its schedules, in the order that the model gives them."""
    others = [
        answer.model_copy(update={"schedule": other.schedule}) for other in answer.alternatives
    ]
    return [answer, *others]


def sizes_of(texts: Sequence[str]) -> dict[str, int]:
    """Extents from NAME=N."""
    return {name: number for name, (number,) in (_pair("--size", t, 1) for t in texts)}


def trips_of(folders: Sequence[str], extents: Mapping[str, int], text: str) -> Iterator[Trips]:
    """Each bundle at the two values of NAME=SHORT,LONG."""
    name, (short, long) = _pair("--trips", text, 2)
    for folder in folders:
        yield Trips(folder, {**extents, name: short}, {**extents, name: long})


def _pair(option: str, text: str, count: int) -> tuple[str, tuple[int, ...]]:
    name, _, numbers = text.partition("=")
    parts = numbers.split(",")
    legal = all(part.isdecimal() and 0 < int(part[:11]) < 2**31 for part in parts)
    if not name or len(parts) != count or not legal:
        wanted = "NAME=N" if count == 1 else "NAME=SHORT,LONG"
        raise UsageError(f"{option} {text[:60]}: not {wanted}", cure=f"write {wanted}")
    return name, tuple(map(int, parts))
