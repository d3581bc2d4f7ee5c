"""The description of the API: checked in, and true of the service under strange requests."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from twill.service.workshop import Workshop
from twill.tests.support.listening import listening
from twill.tests.support.served import Served
from twill.tests.support.works import RECURRENCE

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"
CHECKED = settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


def test_the_description_is_checked_in(served: Served, golden: Callable[[str, Path], None]) -> None:
    described = served.client.get("/openapi.json").json()
    golden(json.dumps(described, indent=1, sort_keys=True) + "\n", OPENAPI)


def test_every_reference_is_there(served: Served) -> None:
    text = served.client.get("/openapi.json").text
    schemas = json.loads(text)["components"]["schemas"]
    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schemas)


OFTEN = "100000/minute"
RATES: dict[str, Any] = {
    "submit_rate": OFTEN,
    "read_rate": OFTEN,
    "failure_rate": OFTEN,
    "live_jobs": 10_000,
}
OPERATIONS = [
    (path, method, mode)
    for path, methods in json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"].items()
    for method, operation in methods.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & set(operation)
]
AnyCase: TypeAlias = schemathesis.Case[Any]
BEYOND_SCHEMA: list[Any] = [positive_data_acceptance]
"""JSON Schema cannot say which texts are documents and which names are known."""


@dataclass(frozen=True)
class Target:
    """A service, what it says of itself, and what a caller sends along."""

    schema: BaseSchema
    without_keys: BaseSchema  # the same, as if no key were needed
    headers: dict[str, str]


@pytest.fixture(scope="module", params=["with a key", "without keys"])
def target(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, workshop: Workshop
) -> Iterator[Target]:
    with listening(tmp_path_factory.mktemp("heard"), workshop, **RATES) as served:
        described = requests.get(f"{served.url}/openapi.json", timeout=30).json()
        headers = served.key() if request.param == "with a key" else {}
        open_to_all = schemathesis.openapi.from_dict(without_security(described))
        # The caller does not need what the service does not ask for.
        schema = schemathesis.openapi.from_dict(described) if headers else open_to_all
        for one in (schema, open_to_all):
            one.config.update(base_url=served.url)
        body = {"document": RECURRENCE}
        job = requests.post(f"{served.url}/v1/schedules", json=body, headers=headers, timeout=30)
        assert job.status_code == 202
        yield Target(schema, open_to_all, headers)


def without_security(described: dict[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(described)
    for methods in found["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
def test_strange_requests(target: Target, path: str, method: str, mode: GenerationMode) -> None:
    # A key is sent along, so that to leave one out is nothing that could be refused.
    positive = mode is GenerationMode.POSITIVE
    schema = target.schema if positive else target.without_keys

    @CHECKED
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def send(case: AnyCase) -> None:
        excluded = BEYOND_SCHEMA if case.method == "POST" else []
        case.call_and_validate(headers=target.headers, excluded_checks=excluded)

    send()


@pytest.mark.slow
def test_strange_requests_one_after_the_other(target: Target) -> None:
    machine = target.schema.as_state_machine()

    class Following(machine):  # type: ignore[misc, valid-type]
        """Follows the links of each answer."""

        def get_call_kwargs(self, case: AnyCase) -> dict[str, Any]:
            return {"headers": target.headers}

        def validate_response(self, response: Any, case: AnyCase, **more: Any) -> None:
            excluded = BEYOND_SCHEMA if case.method == "POST" else []
            case.validate_response(response, headers=target.headers, excluded_checks=excluded)

    run_state_machine_as_test(Following, settings=settings(CHECKED, max_examples=30))
