"""Stored schedules with a few tokens changed: shown, or refused with the file's name."""

import random
import re
from pathlib import Path

from twill.cli.main import run
from twill.models.errors import InvalidInput, Problem
from twill.pipeline import read_answer

TOKEN = re.compile(r'"[^"]*"|[\w.]+|[^\w"]')
STRANGE = ["null", "true", '"S"', '"start"', "[]", "{}", "0", "3", "1000000000", "-1", "1.5", ""]


def mutated(generator: random.Random, text: str) -> str:
    tokens = TOKEN.findall(text)
    for _ in range(generator.randint(1, 2)):
        place = generator.randrange(len(tokens))
        tokens[place] = generator.choice([*STRANGE, generator.choice(tokens)])
    return "".join(tokens)


def faults_of(file: Path, text: str) -> tuple[Problem, ...]:
    file.write_text(text)
    try:
        read_answer(str(file))
    except InvalidInput as error:
        return error.problems
    return ()


def test_mutated_schedules(tmp_path: Path) -> None:
    stored, changed = tmp_path / "stored.json", tmp_path / "changed.json"
    assert run(["solve", "paper_running_example", "-q", "-o", str(stored)]) == 0
    text = stored.read_text()
    generator = random.Random(5)
    found = [faults_of(changed, mutated(generator, text)) for _ in range(300)]
    refused = [problems for problems in found if problems]
    assert 100 < len(refused) < 300
    assert {problem.file for problems in refused for problem in problems} == {str(changed)}
    assert all(problem.message for problems in refused for problem in problems)
