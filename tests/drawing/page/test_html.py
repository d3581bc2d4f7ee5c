"""The page as one file holds everything, asks for nothing, and cannot be broken out of."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from twill.drawing.page.html import embedded_json, page_html
from twill.models.answer import Answer, Sources
from twill.models.problem import SchedulingProblem
from twill.models.rows import schedule_rows
from twill.models.schedule import Schedule

EVIL = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(1)> @script@ &amp;"


class Elements(HTMLParser):
    """Every element with its attributes, and the texts of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            self.texts.append((self.inside, data))

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture
def answer(problem: SchedulingProblem, schedule: Schedule) -> Answer:
    bare = Answer(kernel="toy", gpu="toy_machine", status="feasible", problem=problem)
    return bare.model_copy(update={"schedule": schedule, **schedule_rows(problem, schedule)})


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_allows_the_script_and_the_style_and_nothing_else(answer: Answer) -> None:
    found = Elements(page_html([answer]))
    (policy,) = (
        each["content"] or "" for each in found.attributes("meta") if each.get("http-equiv")
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (style,) = (text for tag, text in found.texts if tag == "style")
    script = found.texts[-1][1]
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'{digest(script)}'"
    assert rules["style-src"] == f"'{digest(style)}'"
    assert "connect-src" not in rules


def test_it_refers_to_nothing_outside(answer: Answer) -> None:
    text = page_html([answer])
    found = Elements(text)
    for _, attributes in found.seen:
        assert "src" not in attributes
        assert (attributes.get("href") or "data:").startswith("data:")
    assert set(re.findall(r"https?://[a-z0-9./]*", text)) <= {"http://www.w3.org/2000/svg"}
    assert page_html([answer]) == text


def test_a_hostile_answer_stays_text(answer: Answer) -> None:
    evil = answer.model_copy(
        update={"reason": EVIL, "kernel": EVIL, "gpu": EVIL, "sources": Sources(kernel=EVIL)}
    )
    found = Elements(page_html([evil], {0: EVIL}))
    assert len(found.attributes("script")) == 2
    assert not found.attributes("img")
    (data,) = (json.loads(text) for _, text in found.texts if text.startswith('{"comparing"'))
    (shown,) = data["schedules"]
    assert shown["reason"] == shown["sources"]["kernel"] == shown["sources"]["cuda"] == EVIL


def test_json_in_a_script_holds_no_markup() -> None:
    assert embedded_json({"a": EVIL}).isascii()
    assert not set("<>&") & set(embedded_json({"a": EVIL}))
    assert json.loads(embedded_json({"a": EVIL})) == {"a": EVIL}


def test_equal_names_are_told_apart(answer: Answer) -> None:
    text = page_html([answer, answer], compare=True)
    assert '"name":"toy on toy_machine (1)"' in text
    assert '"name":"toy on toy_machine (2)"' in text
    assert '"comparing":true' in text
