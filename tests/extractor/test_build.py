"""The whole way from a kernel of the library to a scheduling problem."""

from __future__ import annotations

import pytest

from twill.extractor.build import build_graph, build_problem, loop_names
from twill.gpu_profiles.library import load_profile, profile_names
from twill.kernels.library import kernel_names, kernel_path
from twill.models.dependence_graph import MatrixWork
from twill.models.errors import InvalidKernel
from twill.models.kernel import KernelDocument
from twill.models.problem import SchedulingProblem
from twill.reader.documents import read_document, read_file
from twill.reader.located import Located


def kernel(name: str) -> Located[KernelDocument]:
    return read_file(kernel_path(name), KernelDocument)


def problem(name: str, gpu: str, **options: object) -> SchedulingProblem:
    return build_problem(kernel(name), load_profile(gpu).value, **options)  # type: ignore[arg-type]


def program(
    text: str, *, sizes: str = "{M: 128, N: 128, K: 64}", split: str = "{}"
) -> Located[KernelDocument]:
    lines = "".join(f"  {line}\n" for line in text.splitlines())
    return read_document(
        f"kernel: example\nsummary: an example\nsizes: {sizes}\nsplit: {split}\narguments:\n"
        "  a: {dtype: bf16, shape: [rows, columns]}\n  b: {dtype: bf16, shape: [rows, columns]}\n"
        "  c: {dtype: f32, shape: [rows, columns]}\n"
        f'grid: {{m: "cdiv(rows, M)"}}\nprogram: |\n{lines}',
        "example.yaml",
        KernelDocument,
        InvalidKernel,
    )


@pytest.mark.parametrize("gpu", profile_names())
@pytest.mark.parametrize("name", kernel_names())
def test_every_kernel_becomes_a_valid_problem_on_every_gpu(name: str, gpu: str) -> None:
    profile = load_profile(gpu).value
    for loop in loop_names(kernel(name), profile):
        built = build_problem(kernel(name), profile, loop=loop)
        assert built == build_problem(kernel(name), profile, loop=loop)
        assert SchedulingProblem.from_json(built.canonical_json()) == built


def test_gemm_on_hopper_has_the_documented_costs() -> None:
    gemm = problem("gemm", "h100-sxm")
    product = gemm.operation("acc[0]")
    held = {block.unit: block.cycles for block in product.reservations}
    assert held["tensor_core"] == 64 * 256 * 64 // 2048
    assert gemm.value("acc[0]").registers == 128  # 64 x 256 fp32 over 128 threads
    assert {b.name: b.size for b in gemm.buffers} == {
        "a_tile": 128 * 64 * 2,
        "b_tile": 256 * 64 * 2,
    }
    assert product.queue == "wgmma"
    assert product.warps == 4


def test_attention_forward_on_hopper_holds_the_tensor_core_2048_cycles_an_iteration() -> None:
    attention = problem("flash_attention_forward", "h100-sxm")
    held = {unit: 0 for unit in ("tensor_core", "mufu")}
    for operation in attention.operations:
        for block in operation.reservations:
            if block.unit in held:
                held[block.unit] += block.quantity * block.cycles
    assert held["tensor_core"] == 2048
    assert 1024 <= held["mufu"] / 16 <= 1.05 * 1024
    names = {operation.name for operation in attention.operations}
    assert names == {"k_tile", "v_tile"} | {
        f"{part}[{i}]" for part in ("s", "alpha", "p", "acc.multiply", "acc") for i in (0, 1)
    }


def test_one_group_holds_what_its_matrix_products_leave_in_registers() -> None:
    attention = problem("flash_attention_forward", "h100-sxm")
    together = {rule.operations: rule.rule for rule in attention.rules}
    assert together["s[0]", "p[0]"] == "matrix-result-in-group/1"
    assert together["acc.multiply[1]", "acc[1]"] == "accumulator-in-group/1"


def test_on_blackwell_probabilities_overwrite_scores() -> None:
    attention = problem("flash_attention_forward", "b200")
    home = {value.name: value.buffer for value in attention.values}
    assert home["p.to_bf16[0].tensor_memory"] == home["s[0]"] == "s[0]"
    columns = sum(b.size for b in attention.buffers if b.memory == "tensor_memory")
    assert columns == 512
    assert attention.operation("s[0]").warps == 1


def test_attention_backward_fits_tensor_memory_by_sharing_columns() -> None:
    graph = build_graph(kernel("flash_attention_backward"), load_profile("b200").value)
    columns = [b.size for b in graph.buffers if b.place == "tensor_memory"]
    assert sum(columns) == 512
    assert "overwrite-product/1: dq_tile overwrites s" in graph.notes
    assert ("dv_acc", "dq_tile") in {
        (d.source, d.target) for d in graph.dependences if d.kind == "anti"
    }


def test_split_replicates_what_carries_it_and_shares_loads() -> None:
    whole = problem("flash_attention_forward", "h100-sxm", split={})
    split = problem("flash_attention_forward", "h100-sxm")
    assert len(whole.operations) == 7
    assert len(split.operations) == 12
    assert whole.value("acc").registers == 128
    assert split.value("acc[0]").registers == 64
    assert len(split.symmetries) == 1
    assert not whole.symmetries


def test_a_product_that_contracts_a_split_size_is_cut_along_its_columns_on_hopper() -> None:
    graph = build_graph(kernel("flash_attention_backward"), load_profile("h100-sxm").value)
    for share in ("dq_tile[0]", "dq_tile[1]"):
        sources = {d.source for d in graph.dependences if d.target == share and d.value}
        assert sources == {"ds[0]", "ds[1]"}
        work = {o.name: o.work for o in graph.operations}[share]
        assert isinstance(work, MatrixWork)
        assert (work.rows, work.columns, work.depth) == (64, 64, 128)
    assert len(graph.symmetries) == 1


def test_a_product_into_tensor_memory_is_not_cut() -> None:
    profile = load_profile("b200").value
    graph = build_graph(kernel("flash_attention_backward"), profile, split={"BLOCK_N": 2})
    work = {o.name: o.work for o in graph.operations}["dq_tile"]
    assert isinstance(work, MatrixWork)
    assert (work.rows, work.columns, work.depth) == (128, 128, 128)


def test_a_contracted_split_size_chains_partial_products_of_fragments() -> None:
    document, profile = kernel("flash_attention_sigmoid"), load_profile("h100-sxm").value
    graph = build_graph(document, profile, split={"BLOCK_N": 2})
    chained = [d for d in graph.dependences if d.source == "acc'0" and d.target == "acc"]
    assert [d.role for d in chained] == ["accumulator"]
    assert chained[0].in_place


def test_a_reduction_over_a_split_size_is_refused_with_its_place() -> None:
    document = program(
        "acc = zeros((K,))\nfor k in range(cdiv(columns, K)):\n    x = load(a, (m, k), (M, K))\n"
        "    acc = acc + sum(x.to(f32), axis=0)\nstore(c, (0, 0), acc[None, :])\n",
        sizes="{M: 128, N: 64, K: 64}", split="{M: 2}",
    )  # fmt: skip
    with pytest.raises(InvalidKernel, match="reduces over M") as caught:
        build_problem(document, load_profile("h100-sxm").value)
    assert caught.value.problems[0].file == "example.yaml"
    assert caught.value.problems[0].line == 14


def test_a_shape_that_the_tensor_core_has_not_is_refused_with_its_place() -> None:
    document = program(
        "acc = zeros((M, N))\nfor k in range(cdiv(columns, K)):\n    x = load(a, (m, k), (M, K))\n"
        "    y = load(b, (0, k), (N, K))\n    acc = dot(x, y.T, acc)\nstore(c, (m, 0), acc)\n",
        sizes="{M: 96, N: 128, K: 64}",
    )
    with pytest.raises(InvalidKernel, match="96x128x64 bf16 is not a legal matrix shape") as caught:
        build_problem(document, load_profile("h100-sxm").value)
    assert caught.value.problems[0].line == 15


def test_a_program_without_a_loop_is_refused() -> None:
    document = program("x = load(a, (m, 0), (M, N))\nstore(a, (m, 0), x)\n")
    with pytest.raises(InvalidKernel, match="no loop to schedule"):
        build_problem(document, load_profile("h100-sxm").value)


def test_separate_operations_keep_every_elementwise_step() -> None:
    fused = problem("flash_attention_forward", "h100-sxm")
    separate = problem("flash_attention_forward", "h100-sxm", fused=False)
    assert len(separate.operations) > len(fused.operations)
    assert any("separate-operations/1" in note for note in separate.notes)


def test_a_tile_that_belongs_to_one_block_is_charged_to_device_memory() -> None:
    stream = problem("softmax_stream", "h100-sxm")
    shared = problem("gemm", "h100-sxm")

    def streams(built: SchedulingProblem) -> set[str]:
        return {o.name for o in built.operations if any(b.unit == "dram" for b in o.reservations)}

    assert streams(stream)
    assert not streams(shared)
