"""The scenarios in Python: the documents are the same bytes as in Rust and Node."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import SCENARIOS, Prepare

EXPECTED: dict[str, Any] = json.loads((SCENARIOS / "expected.json").read_text(encoding="utf-8"))


class Says:
    """A gate whose answer stands in the scenario."""

    def __init__(self, name: str, answer: cache.Judgement) -> None:
        self.name = name
        self.answer = answer

    def judge(self, evidence: cache.Evidence, /) -> cache.Judgement:
        return self.answer


def keep(name: str, document: bytes) -> str:
    Path(name).write_bytes(document)
    return f"sha256:{hashlib.sha256(document).hexdigest()}"


def run(scenario: dict[str, Any]) -> dict[str, str]:
    gates = [Says(**scenario["gate"])] if "gate" in scenario else []
    promoter = cache.Promoter(scenario["promoter"], gates=gates)
    try:
        outlook = promoter.plan(scenario["request"])
    except cache.CacheError as error:
        return {"error": error.kind}
    if outlook.state == "nothing":
        return {"outlook": "nothing"}
    if outlook.plan is None:
        return {"outlook": "blocked", "verdicts": keep("verdicts.json", outlook.verdicts_json)}
    seen = {"outlook": "ready", "plan": keep("plan.json", outlook.plan.json)}
    if Path("moved").exists():
        Path("moved").rename("target")
    approvals = [cache.Approval.from_json(Path("approval.json").read_bytes())] if scenario.get("approve") else []
    try:
        seen["receipt"] = keep("receipt.json", promoter.execute(outlook.plan, approvals).json)
    except cache.CacheError as error:
        seen["error"] = error.kind
    return seen


def test_every_scenario_is_expected() -> None:
    names = {path.stem for path in SCENARIOS.glob("*.json")} - {"expected", "signature"}
    assert names == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_documents_are_the_expected_bytes(name: str, prepare: Prepare) -> None:
    assert run(prepare(name)) == EXPECTED[name]
