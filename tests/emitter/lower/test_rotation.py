"""Where the period of a role begins."""

from twill.emitter.lower.plan import PlannedOperation
from twill.emitter.lower.rotation import leaves_products_behind, rotations
from twill.models.warp_step import Product, SharedOperand, WaitProducts
from twill.tests.support.emissions import warp_program


def planned(name: str, lag: int) -> PlannedOperation:
    return PlannedOperation(name, "vector", (), lag, lag, 0, 0, 1)


def test_a_rotation_keeps_the_order_and_every_distance() -> None:
    given = (planned("a", 1), planned("b", 0), planned("c", 2))
    found = list(rotations(given))
    assert found[0] == given
    assert [[o.name for o in turned] for turned in found] == [
        ["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"],
    ]  # fmt: skip
    assert all(min(o.lag for o in turned) == 0 for turned in found)
    # Operation x of iteration i comes at period i + lag, place p: turning moves all by the same.
    for turned in found:
        place = {o.name: (o.lag * len(given) + p) for p, o in enumerate(turned)}
        assert place["b"] - place["a"] == -2
        assert place["c"] - place["a"] == 5


def operand() -> SharedOperand:
    return SharedOperand(ring="r", buffer="b", major="k")


def product() -> Product:
    return Product(
        target="acc", left=operand(), right=operand(), columns=64, depth=64, dtype="bf16",
        accumulate=True,
    )  # fmt: skip


def test_a_wait_that_leaves_a_product_of_the_period_before() -> None:
    wait = WaitProducts(pending=1, settled=("acc",))
    assert leaves_products_behind([wait, product(), product()])
    assert not leaves_products_behind([product(), product(), wait])
    assert not leaves_products_behind([WaitProducts(pending=0, settled=("acc",)), product()])


def test_the_period_of_retention_begins_where_its_waits_leave_nothing_behind() -> None:
    role = next(r for r in warp_program("retention").roles if r.name == "compute-1")
    assert any(isinstance(s, WaitProducts) and s.pending for s in role.steady)
    assert not leaves_products_behind(role.steady)
