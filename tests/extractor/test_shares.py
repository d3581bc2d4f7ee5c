"""Which products that contract a split size are cut along their columns (docs/lowering.md)."""

import pytest

from twill.extractor.build import build_graph
from twill.gpu_profiles.library import load_profile
from twill.models.dependence_graph import DependenceGraph
from twill.tests.support.programs import kernel_of

HOPPER = load_profile("h100-sxm").value
LOOP = (
    "for k in range(cdiv(columns, K)):\n"
    "    x = load(a, (m, k), (M, K))\n"
    "    y = load(b, (m, k), (M, N))\n"
    "    product = dot(x.T, y)\n"  # K by N, contracts the split M
)


def names_of(body: str, split: str = "{M: 2}") -> set[str]:
    return {operation.name for operation in graph_of(body, split).operations}


def graph_of(body: str, split: str = "{M: 2}") -> DependenceGraph:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return build_graph(kernel_of(LOOP + lines, split), HOPPER)


def test_a_product_and_what_reads_it_column_by_column_is_cut() -> None:
    graph = graph_of("scaled = product * 2.0\nstore(c, (k, 0), scaled)")
    shapes = {o.name: o.summary for o in graph.operations}
    assert {"product[0]", "product[1]", "store_c[0]", "store_c[1]"} <= set(shapes)
    assert "64x64x128" in shapes["product[0]"]  # half of the 128 columns, all of M contracted
    stored = [o for o in graph.operations if o.kind == "store"]
    assert [o.work.bytes for o in stored] == [64 * 64 * 4] * 2  # type: ignore[union-attr]


def test_nothing_is_cut_where_no_size_is_split() -> None:
    assert "product" in names_of("store(c, (k, 0), product)", split="{}")


@pytest.mark.parametrize(
    "body",
    [
        "store(c, (0, k), product.T)",
        "store(c, (k, 0), max(product, axis=1)[:, None])",
        "store(c, (k, 0), product - max(product, axis=1)[:, None])",
        "store(c, (k, 0), dot(product.to(bf16), load(b, (0, k), (K, N)).T))",
        "store(c, (k, 0), product * dot(x.T, y, product))",
    ],
    ids=["transposed", "reduced", "reduced and read", "multiplied", "accumulated onto"],
)
def test_a_product_that_something_reads_whole_is_not_cut(body: str) -> None:
    assert "product" in names_of(body)


def test_what_is_read_beside_it_may_be_loaded_or_a_vector_of_its_rows() -> None:
    body = "beside = load(c, (k, 0), (K, N))\nstore(c, (k, 0), product + beside)"
    assert {"product[0]", "product[1]"} <= names_of(body)
    rows = "sums = sum(load(a, (k, 0), (K, K)).to(f32), axis=1)[:, None]\n"
    assert {"product[0]", "product[1]"} <= names_of(rows + "store(c, (k, 0), product + sums)")


def test_a_product_is_not_cut_beside_a_matrix_that_is_computed_in_one_piece() -> None:
    other = "z = load(a, (k, 0), (K, N))\nwhole = z.to(f32) * 2.0\n"
    assert "product" in names_of(other + "store(c, (k, 0), product * whole)")


def test_a_product_that_the_loop_carries_is_not_cut() -> None:
    program = "last = zeros((K, N))\n" + LOOP
    program += "    store(c, (k, 0), last)\n    last = product\n"
    graph = build_graph(kernel_of(program, "{M: 2}"), HOPPER)
    assert "product" in {operation.name for operation in graph.operations}


def test_a_product_is_not_cut_into_columns_that_the_tensor_core_has_not() -> None:
    assert "product" in names_of("store(c, (k, 0), product)", split="{M: 32}")
