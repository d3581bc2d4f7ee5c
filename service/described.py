"""What OpenAPI says of each answer: examples, links, problems."""

from __future__ import annotations

from typing import Any

from ..models.job import Job, ScheduleRequest
from .answers import MEDIA_TYPE

Described = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]
ID = "0123456789abcdef0123456789abcdef"
DIGEST = "sha256:" + "5e" * 32
JOB_EXAMPLE = {
    "id": ID, "state": "done", "status": "optimal", "kernel": "gemm", "gpu": "h100-sxm",
    "priority": 0, "created_at": "2026-11-25T09:00:00.000Z",
    "started_at": "2026-11-25T09:00:00.100Z", "finished_at": "2026-11-25T09:00:02.500Z",
    "attempts": 1, "lower_bound": 1024, "initiation_interval": 1024, "reason": "",
    "result": DIGEST,
}  # fmt: skip
REQUEST_EXAMPLES = {
    "library": {"value": {"kernel": "gemm", "gpu": "h100-sxm"}},
    "document": {
        "value": {
            "document": "graph: two\nmachine: {units: {U: 1}}\noperations:\n"
            "  a: {latency: 3, uses: {U: 2}}\n  b: {latency: 1, uses: {U: 1}}\n"
            "dependences: [a -> b]\n",
            "time_limit": 60.0,
        }
    },
}
_TITLES = {
    400: "The request is no HTTP that this service understands.",
    401: "No key, or none that is valid.",
    403: "The key does not have the scope.",
    404: "There is no such thing, or it is not the caller's.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    421: "Without keys the service answers to localhost only.",
    422: "Something in the request is wrong: `problems` says what, where, and what would be right.",
    429: "A rate or a quota is exhausted; `Retry-After` says when to come again.",
    500: "A fault of Twill.",
    503: "Not now; `Retry-After` says when.",
}
_PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}
PROBLEM_SCHEMA: Described = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457; the same object as `--json` prints.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "exit_code": {"type": "integer"},
        "problems": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemPlace"}},
        "violations": {"type": "array", "items": {"type": "string"}},
    },
}
PLACE_SCHEMA: Described = {
    "type": "object",
    "title": "ProblemPlace",
    "required": ["message"],
    "properties": {
        "file": {"type": ["string", "null"]},
        "line": {"type": ["integer", "null"]},
        "column": {"type": ["integer", "null"]},
        "message": {"type": "string"},
        "cure": {"type": ["string", "null"]},
    },
}


def problems(*statuses: int) -> Responses:
    """The answers of these statuses, besides those that every path has."""
    every = {401, 403, 421, 422, 429, 500, 503, *statuses}
    return {
        status: {"description": _TITLES[status], "content": {MEDIA_TYPE: _PROBLEM}}
        for status in sorted(every)
    }


def _link(operation: str, **parameters: str) -> Described:
    return {"operationId": operation, "parameters": parameters}


_BY_ID = ("getSchedule", "cancelSchedule", "deleteSchedule", "streamEvents", "getDocument",
          "getCertificate", "getTrace", "getTimeline", "getCuda", "getPage")  # fmt: skip
LINKS = {name: _link(name, id="$response.body#/id") for name in _BY_ID}
LINKS["getResult"] = _link("getResult", digest="$response.body#/result")


def _job(description: str, **more: Any) -> Described:
    content = {"application/json": {"example": JOB_EXAMPLE}}
    return {"model": Job, "description": description, "content": content, "links": LINKS, **more}


def _header(description: str) -> Described:
    return {"description": description, "schema": {"type": "string"}}


_LOCATION = {"Location": _header("Where the job is.")}
_RETRY = {"Retry-After": _header("Seconds after which to look again.")}
SUBMIT: Described = {
    "status_code": 202,
    "responses": {
        200: _job("It is proved already.", headers=_LOCATION),
        202: _job("It is queued, or shared with others.", headers=_LOCATION | _RETRY),
        **problems(400, 408, 413, 415, 422),
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/ScheduleRequest"},
                    "examples": REQUEST_EXAMPLES,
                }
            },
        }
    },
}
JOB: Described = {
    "responses": {
        200: _job("The job."),
        202: _job("The job, which is being stopped.", headers=_RETRY),
        **problems(404, 422),
    }
}
PAGE: Described = {
    "responses": {
        200: {
            "description": "Some jobs, newest first.",
            "headers": {"Link": _header('The next page, `rel="next"`; absent on the last.')},
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/JobPage"},
                    "example": {"items": [JOB_EXAMPLE], "after": ID},
                }
            },
            "links": {"nextPage": _link("listSchedules", after="$response.body#/after")},
        },
        **problems(404, 422),
    }
}
PAGE_SCHEMA: Described = {
    "type": "object",
    "title": "JobPage",
    "required": ["items", "after"],
    "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
        "after": {
            "description": "What to give as `after` for the next page; null on the last.",
            "type": ["string", "null"],
        },
    },
}


def content(kind: str, description: str, *statuses: int, cached: bool = True) -> Described:
    """An answer of that media type."""
    media = kind.partition(";")[0]
    schema = {} if media == "application/json" else {"schema": {"type": "string"}}
    answer: Described = {"description": description, "content": {media: schema}}
    responses: Responses = {200: answer, **problems(*statuses)}
    if cached:
        answer["headers"] = {"ETag": _header("Changes with every byte of the content.")}
        responses[304] = {"description": "The caller has it: `If-None-Match` names its ETag."}
    return {"responses": responses}


def schemas() -> Described:
    """The schemas that routes name but do not return."""
    request = ScheduleRequest.model_json_schema(ref_template="#/components/schemas/{model}")
    inner = request.pop("$defs", {})
    return {
        **inner, "ScheduleRequest": request, "Problem": PROBLEM_SCHEMA,
        "ProblemPlace": PLACE_SCHEMA, "JobPage": PAGE_SCHEMA,
    }  # fmt: skip


def drop_nulls(described: Described) -> None:
    """A parameter that is not given is absent, never null, which no header or query can say."""
    for methods in described["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                kinds = [kind for kind in schema.pop("anyOf", ()) if kind != {"type": "null"}]
                for kind in kinds[:1]:
                    schema.update(kind)
