"""The search over shapes: the same winner as solving every shape, in fewer solves."""

from pathlib import Path

import pytest

from twill.gpu_profiles.library import load_profile
from twill.models.errors import InvalidKernel
from twill.models.shape_search import ShapeSearch
from twill.pipeline import solve_file
from twill.shaping.search import Asking, BestShape, search_shapes
from twill.solver.question import Stop

from ..support.listed_shapes import listed

H100 = load_profile("h100-sxm").value
GEMM = listed("gemm", "{BLOCK_M: [1, 2]}", BLOCK_M="[64, 128]", BLOCK_N="[64, 128]")
ATTENTION = listed(
    "flash_attention_forward", "{BLOCK_M: [1, 2]}", BLOCK_M="[64, 128]", BLOCK_N="64"
)


def statuses(search: ShapeSearch) -> list[str]:
    return [candidate.status for candidate in search.candidates]


@pytest.mark.parametrize("document", [GEMM, ATTENTION], ids=["gemm", "attention"])
def test_the_winner_of_every_shape_in_fewer_solves(document: object) -> None:
    assert document in (GEMM, ATTENTION)
    chosen = GEMM if document is GEMM else ATTENTION
    quick: BestShape = search_shapes(chosen, H100)
    every = search_shapes(chosen, H100, Asking(every=True))
    assert quick.search.status == every.search.status == "optimal"
    assert quick.search.best is not None
    assert every.search.best is not None
    winner = quick.search.candidates[quick.search.best]
    assert winner.shape == every.search.candidates[every.search.best].shape
    assert quick.search.solves < every.search.solves
    rates = [c.throughput or 0.0 for c in every.search.candidates]
    assert winner.throughput == max(rates)
    for ruled_out, solved in zip(quick.search.candidates, every.search.candidates, strict=True):
        if ruled_out.status == "outdone":
            assert (solved.throughput or 0.0) <= (ruled_out.most_throughput or 0.0)
            assert (solved.throughput or 0.0) <= winner.throughput


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
    from twill.models.kernel import KernelDocument
    from twill.reader.documents import read_document

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


def test_a_limit_does_not_pass_for_a_proof() -> None:
    search = search_shapes(ATTENTION, H100, Asking(seconds=0.001)).search
    assert search.status in ("feasible", "unknown")
