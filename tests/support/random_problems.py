"""Small scheduling problems drawn by seed, every feature of the model among them."""

from random import Random
from typing import Any

from twill.models.errors import InvalidInput
from twill.models.problem import (
    Buffer,
    Dependence,
    FunctionalUnit,
    LegalityRule,
    Machine,
    Memory,
    Operation,
    RegisterFile,
    Reservation,
    SchedulingProblem,
    Value,
)

COUNTS = (2, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 7)


def random_problem(seed: int, operations: int | None = None) -> SchedulingProblem:
    """The problem of that seed: 2 to 7 operations unless told otherwise."""
    if operations is None and seed % 12 == 11:
        return _queue_problem(Random(seed), f"seed-{seed}")
    for attempt in range(200):
        draw = Random(f"{seed}/{attempt}")
        try:
            return _Drawing(draw, operations or draw.choice(COUNTS)).problem(f"seed-{seed}")
        except InvalidInput:
            continue  # a contradiction of its parts, such as a reader before its opener
    raise AssertionError(f"seed {seed} gives no consistent problem")


def _queue_problem(draw: Random, name: str) -> SchedulingProblem:
    """Two or three recurrences through one queue of one warp group: who is waited for matters."""
    operations, dependences = [], []
    for index in range(draw.choice((2, 2, 3))):
        asked, waiting = f"u{index}", f"v{index}"
        late, distance = draw.randint(1, 7), draw.choice((0, 0, 1))
        operations += [
            Operation(
                name=asked, latency_cycles=late, issue_cycles=draw.choice((0, 1)), queue="mma"
            ),
            Operation(
                name=waiting, latency_cycles=1, issue_cycles=1, wait_cycles=draw.choice((0, 1))
            ),
        ]
        dependences += [
            Dependence(
                source=asked, target=waiting, latency_cycles=late, distance=distance, blocking=True
            ),
            Dependence(source=waiting, target=asked, latency_cycles=1, distance=1),
        ]
    names = [operation.name for operation in operations]
    for source, target in (draw.sample(names, 2) for _ in range(draw.choice((0, 1, 2)))):
        dependences.append(
            Dependence(source=source, target=target, latency_cycles=1, distance=draw.choice((1, 2)))
        )
    return SchedulingProblem(
        name=name,
        machine=Machine(name="drawn", warp_groups=draw.choice((2, 2, 3))),
        operations=tuple(operations),
        dependences=tuple(dependences),
    )


class _Drawing:
    """One problem in the making; `_likely` switches whole features on, so that most are absent."""

    def __init__(self, draw: Random, count: int) -> None:
        self.draw = draw
        self.names = tuple("abcdefg"[:count])
        self.limited = self._likely(0.5)
        self.narrow = draw.choice((0.0, 0.0, 0.1, 0.5))
        self.crossing = self._likely(0.6)
        self.waiting = self._likely(0.5)
        self.queueing = self.waiting and self._likely(0.5)
        self.staging = self.crossing and self._likely(0.5)
        self.units = tuple(
            FunctionalUnit(name=name, capacity=capacity)
            for name, capacity in (("tc", 1), ("fma", draw.choice((2, 3, 4))), ("mufu", 1))
        )[: draw.randint(1, 3)]

    def _likely(self, probability: float) -> bool:
        return self.draw.random() < probability

    def problem(self, name: str) -> SchedulingProblem:
        operations = [self._operation(name) for name in self.names]
        pairs = self._pairs()
        values, buffers = self._storage(operations, pairs)
        dependences = self._dependences(operations, pairs, values)
        return SchedulingProblem(
            name=name,
            machine=self._machine(buffers),
            operations=tuple(operations),
            values=tuple(values),
            buffers=tuple(buffers),
            dependences=tuple(dependences),
            rules=tuple(self._rules()),
        )

    def _machine(self, buffers: list[Buffer]) -> Machine:
        draw = self.draw
        largest = max((b.size for b in buffers), default=2)
        allocation: Any = draw.choice(("ring", "pooled"))
        memory = Memory(
            name="smem",
            capacity=largest * draw.randint(1, 4) + draw.randint(0, 3),
            resident=draw.choice((0, 0, 1)),
            allocation=allocation,
        )
        return Machine(
            name="drawn",
            units=self.units,
            memories=(memory,),
            staging_memory="smem" if self.staging else None,
            warp_groups=2 if self.queueing else draw.choice((2, 3, 3, 4)),
            registers=self._registers() if self.limited else None,
            most_stages=draw.choice((None, None, None, None, None, 1, 2, 3)),
        )

    def _registers(self) -> RegisterFile:
        draw = self.draw
        most = draw.choice((16, 24, 32, 40))
        fit = draw.choice((1, 2, 2, 3, 3, 4))
        pool = tuple(most + 8 * draw.randint(0, 2) * n for n in range(fit))
        return RegisterFile(
            step=8, least=8, most=most, base=draw.randint(0, 6), pool=tuple(max(8, p) for p in pool)
        )

    def _operation(self, name: str) -> Operation:
        draw = self.draw
        latency = draw.choice((0, 1, 1, 1, 2, 2, 3))
        asynchronous = self._likely(0.7 if self.queueing else 0.2)
        if asynchronous and self.queueing:
            latency += draw.choice((0, 0, 4))
        return Operation(
            name=name,
            latency_cycles=latency,
            issue_cycles=draw.choice((0, 1)) if asynchronous else min(latency, 2),
            wait_cycles=draw.choice((0, 1, 1)) if self.waiting else 0,
            reservations=tuple(self._reservations(latency)),
            variable_latency=self._likely(0.15),
            warps=1 if self._likely(self.narrow) else 4,
            queue="mma" if asynchronous and self.queueing else None,
        )

    def _reservations(self, latency: int) -> list[Reservation]:
        draw = self.draw
        taken = draw.sample(self.units, min(len(self.units), draw.choice((0, 1, 1, 1, 2))))
        return [
            Reservation(
                unit=unit.name,
                quantity=draw.randint(1, unit.capacity),
                cycles=max(1, latency + draw.choice((-1, -1, -1, 0, 0, 0, 0, 2))),
                offset=draw.choice((1, 2)) if self._likely(0.08) else 0,
            )
            for unit in taken
        ]

    def _pairs(self) -> list[tuple[str, str, int]]:
        """(source, target, distance): a forward graph, and some recurrences."""
        draw, names = self.draw, self.names
        pairs = []
        for later, target in enumerate(names[1:], start=1):
            for source in draw.sample(names[:later], min(later, draw.choice((0, 1, 1, 2)))):
                pairs.append((source, target, draw.choice((0, 0, 0, 0, 0, 1, 2))))
        for _ in range(draw.choice((0, 1, 1, 2))):
            earlier, later = sorted(draw.choices(range(len(names)), k=2))
            pairs.append((names[later], names[earlier], draw.choice((1, 1, 1, 2, 3))))
        return pairs

    def _storage(
        self, operations: list[Operation], pairs: list[tuple[str, str, int]]
    ) -> tuple[list[Value], list[Buffer]]:
        """One or two values per operation that is read; some in buffers, which may be shared."""
        draw = self.draw
        read = {source for source, _, _ in pairs}
        values: list[Value] = []
        buffers: list[Buffer] = []
        for operation in (o for o in operations if o.name in read):
            for index in range(draw.choice((1, 1, 1, 2))):
                kind = draw.choice(("buffer", "buffer", "registers", "registers", "none"))
                if kind == "buffer" and not (buffers and self._likely(0.35)):
                    buffers.append(self._buffer(f"B{operation.name}{index}", operation.name))
                    kept: str | None = buffers[-1].name
                else:
                    kept = draw.choice(buffers).name if kind == "buffer" else None
                held = draw.choice((2, 4, 6, 9)) if kind == "registers" else 0
                values.append(
                    Value(
                        name=f"v{operation.name}{index}",
                        source=operation.name,
                        registers=held if operation.warps == 4 else 0,
                        buffer=kept,
                    )
                )
        return values, buffers

    def _buffer(self, name: str, opener: str) -> Buffer:
        return Buffer(name=name, memory="smem", size=self.draw.randint(1, 4), opener=opener)

    def _dependences(
        self,
        operations: list[Operation],
        pairs: list[tuple[str, str, int]],
        values: list[Value],
    ) -> list[Dependence]:
        latency = {o.name: o.latency_cycles for o in operations}
        in_place: set[str] = set()
        found = []
        for source, target, distance in pairs:
            readable = [v.name for v in values if v.source == source]
            value = self.draw.choice(readable) if readable and self._likely(0.8) else None
            takes_over = value is not None and value not in in_place and self._likely(0.25)
            if value is not None and takes_over:
                in_place.add(value)
            found.append(
                Dependence(
                    source=source,
                    target=target,
                    latency_cycles=max(0, latency[source] + self.draw.choice((-1, 0, 0, 0, 0, 1))),
                    distance=distance,
                    value=value,
                    release="start" if takes_over else "end",
                    blocking=self.waiting and self._likely(0.8 if self.queueing else 0.5),
                    **self._costs(value is not None),
                )
            )
        return found

    def _costs(self, held: bool) -> dict[str, Any]:
        draw = self.draw
        if not self.crossing:
            return {}
        return {
            "handoff_cycles": draw.choice((0, 1, 2, 3)),
            "send_cycles": draw.choice((0, 0, 1)),
            "receive_cycles": draw.choice((0, 0, 1)),
            "received_registers": draw.choice((0, 0, 6, 12)) if self.limited else 0,
            "staged_bytes": draw.choice((0, 1, 2, 3)) if held and self.staging else 0,
        }

    def _rules(self) -> list[LegalityRule]:
        kinds: tuple[Any, ...] = ("together", "apart")
        if not self._likely(0.2):
            return []
        pair = tuple(self.draw.sample(self.names, 2))
        return [LegalityRule(rule="drawn/1", kind=self.draw.choice(kinds), operations=pair)]
