"""The search over shapes: the same winner as solving every shape, in fewer solves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from twill.gpu_profiles.library import load_profile
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.models.shape_search import ShapeSearch
from twill.pipeline import solve_file
from twill.reader.documents import read_document
from twill.reader.located import Located
from twill.shaping.search import Asking, SearchOverShapes, search_shapes
from twill.solver.question import Stop

from ..support.listed_shapes import listed

H100 = load_profile("h100-sxm").value
GEMM = listed("gemm", "{BLOCK_M: [1, 2]}", BLOCK_M="[64, 128]", BLOCK_N="[64, 128]")
ATTENTION = listed(
    "flash_attention_forward", "{BLOCK_M: [1, 2]}", BLOCK_M="[64, 128]", BLOCK_N="64"
)


def statuses(search: ShapeSearch) -> list[str]:
    return [candidate.status for candidate in search.candidates]


@pytest.mark.parametrize("gpu", ["h100-sxm", "b200"])
@pytest.mark.parametrize("document", [GEMM, ATTENTION], ids=["gemm", "attention"])
def test_the_winner_of_every_shape_in_fewer_solves(
    document: Located[KernelDocument], gpu: str
) -> None:
    profile = load_profile(gpu).value
    quick = search_shapes(document, profile).search
    every = search_shapes(document, profile, Asking(every=True)).search
    assert quick.status == every.status == "optimal"
    assert quick.best is not None
    assert quick.best == every.best
    assert quick.solves < every.solves
    winner = quick.candidates[quick.best]
    assert winner.found == max(candidate.found for candidate in every.candidates)
    for ruled_out, solved in zip(quick.candidates, every.candidates, strict=True):
        assert ruled_out.shape == solved.shape
        if ruled_out.status == "outdone":
            assert solved.status in ("optimal", "infeasible")
            assert solved.found <= ruled_out.most <= winner.found
            assert quick.could_tie(ruled_out) == (ruled_out.most == winner.found)


def test_work_is_that_of_the_products() -> None:
    search = search_shapes(listed("gemm", BLOCK_N="[128]", BLOCK_M="128"), H100).search
    (only,) = search.candidates
    assert (search.unit, only.work) == ("multiply-adds", 128 * 128 * 64)
    assert (only.initiation_interval, only.throughput) == (512, 2048.0)


def test_without_products_elements_are_counted() -> None:
    text = listed("gemm", BLOCK_M="[64, 128]").text  # a header whose program is replaced
    start = text.index("program: |")
    text = text[:start] + (
        "program: |\n  for k in range(cdiv(K, BLOCK_K)):\n"
        "      a_tile = load(a, (m, k), (BLOCK_M, BLOCK_K))\n"
        "      store(c, (m, k), (a_tile + 1.0).to(bf16))\n"
    )
    search = search_shapes(read_document(text, "copy.yaml", KernelDocument), H100).search
    assert search.unit == "elements"
    assert {candidate.work for candidate in search.candidates} == {64 * 64, 128 * 64}


def test_the_document_of_the_winner_gives_its_interval(tmp_path: Path) -> None:
    found = search_shapes(GEMM, H100)
    assert found.document is not None
    assert found.search.best is not None
    file = tmp_path / "best.yaml"
    file.write_text(found.document.text)
    winner = found.search.candidates[found.search.best]
    assert solve_file(str(file), "h100-sxm").initiation_interval == winner.initiation_interval


def test_what_the_language_refuses_is_a_row_with_its_reason() -> None:
    search = search_shapes(GEMM, H100).search
    refused = [c for c in search.candidates if c.status == "refused"]
    assert {(c.shape.sizes["BLOCK_M"], c.shape.split["BLOCK_M"]) for c in refused} == {(64, 2)}
    assert all("is not a legal matrix shape on sm_90a" in c.reason for c in refused)
    assert statuses(search)[-len(refused) :] == ["refused"] * len(refused)


def test_what_cannot_fit_is_a_row_with_its_reason() -> None:
    search = search_shapes(listed("gemm", BLOCK_M="[128, 512]"), H100).search
    assert statuses(search) == ["optimal", "infeasible"]
    assert "registers per thread" in search.candidates[1].reason


def test_no_shape_left_is_an_error_that_names_each() -> None:
    with pytest.raises(InvalidKernel) as caught:
        search_shapes(listed("gemm", "{BLOCK_M: [3, 5]}", BLOCK_M="128"), H100)
    assert [problem.message for problem in caught.value.problems] == [
        "split BLOCK_M = 3: BLOCK_M = 128 does not split into 3 equal parts",
        "split BLOCK_M = 5: BLOCK_M = 128 does not split into 5 equal parts",
    ]


def test_a_stop_before_the_first_solve_proves_nothing() -> None:
    stop = Stop()
    stop.request()
    search = search_shapes(GEMM, H100, Asking(stop=stop)).search
    assert (search.status, search.best, search.solves) == ("unknown", None, 0)


def test_what_is_known_so_far_can_be_asked_at_any_time() -> None:
    known: list[ShapeSearch | None] = []

    def note(_sentence: str) -> None:
        found = search.so_far()
        known.append(None if found is None else found.search)

    search = SearchOverShapes(GEMM, H100, Asking(say=note, every=True))
    assert search.so_far() is None
    whole = search.run().search
    first, second = known[0], known[1]
    assert first is not None
    assert second is not None
    assert (first.status, first.best, first.solves) == ("unknown", None, 0)
    assert (second.best, second.solves) == (0, 1)
    assert second.candidates[0] == whole.candidates[0]
    assert {c.reason for c in second.candidates[1:] if c.status == "unknown"} == {"interrupted"}


def test_a_limit_does_not_pass_for_a_proof() -> None:
    search = search_shapes(ATTENTION, H100, Asking(seconds=0.001)).search
    assert search.status in ("feasible", "unknown")


def test_what_does_not_fit_tensor_memory_is_a_row_that_says_so() -> None:
    profile = load_profile("b200").value
    document = listed("flash_attention_forward", BLOCK_M="[256, 512]", BLOCK_N="64")
    search = search_shapes(document, profile).search
    fits, too_large = search.candidates
    assert (fits.shape.sizes["BLOCK_M"], fits.status) == (256, "optimal")
    assert (too_large.shape.sizes["BLOCK_M"], too_large.status) == (512, "infeasible")
    assert "takes 768 columns of tensor_memory, which has 512 (C7)" in too_large.reason


def test_a_stop_while_bounds_are_computed_proves_nothing() -> None:
    class Late(Stop):
        def __init__(self) -> None:
            super().__init__()
            self.asked: Iterator[int] = iter(range(100))

        @property
        def requested(self) -> bool:
            return next(self.asked) >= 3

    search = search_shapes(GEMM, H100, Asking(stop=Late())).search
    assert (search.status, search.best, search.solves) == ("unknown", None, 0)
    assert sum(candidate.minimum is None for candidate in search.candidates) >= 5


def test_lists_that_change_what_is_computed_are_told() -> None:
    tiles = search_shapes(GEMM, H100).search
    heads = listed("flash_attention_forward", HEAD_DIM="[64, 128]")
    search = search_shapes(heads, H100).search
    assert tiles.notes == ()
    assert search.notes == (
        "the lists change the shape of q, k, v, o: "
        "shapes are compared that do not compute the same",
    )


def test_loaded_bytes_are_those_of_the_tiles() -> None:
    search = search_shapes(listed("gemm", BLOCK_N="[128]", BLOCK_M="128"), H100).search
    assert search.candidates[0].loaded_bytes == (128 + 128) * 64 * 2


def test_equal_shapes_go_by_bytes_and_then_by_the_document() -> None:
    search = search_shapes(listed("gemm", BLOCK_M="128", BLOCK_K="[64, 32, 128]"), H100).search
    assert [c.shape.sizes["BLOCK_K"] for c in search.candidates] == [64, 32, 128]
    assert statuses(search) == ["optimal", "outdone", "outdone"]
    assert all(search.could_tie(candidate) for candidate in search.candidates[1:])
    wide = search_shapes(listed("gemm", BLOCK_M="128", BLOCK_N="[128, 256]"), H100).search
    assert [c.shape.sizes["BLOCK_N"] for c in wide.candidates] == [256, 128]
    assert statuses(wide) == ["optimal", "outdone"]
