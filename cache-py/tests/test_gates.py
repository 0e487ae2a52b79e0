"""Gates that are written in Python."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import cache_guardian as cache
from conftest import Prepare, raises_on_purpose

PASS: cache.Judgement = {"reasons": [{"outcome": "pass", "code": "fine", "message": "fine"}]}


class Gate:
    """A gate made of a function."""

    name = "own"

    def __init__(self, judge: Callable[[Any], Any]) -> None:
        self.judge = judge


def outlook(prepare: Prepare, judge: Callable[[Any], Any]) -> cache.Outlook:
    scenario = prepare("promote-signed")
    return cache.Promoter(scenario["promoter"], gates=[Gate(judge)]).plan(scenario["request"])


def own(result: cache.Outlook) -> cache.Verdict:
    return next(verdict for verdict in result.verdicts if verdict["gate"] == "own")


def test_it_sees_the_verified_evidence(prepare: Prepare) -> None:
    seen: list[cache.Evidence] = []

    def judge(evidence: cache.Evidence) -> cache.Judgement:
        seen.append(evidence)
        return PASS

    result = outlook(prepare, judge)
    assert result.state == "ready"
    (signature,) = seen[0]["signatures"]
    assert signature["about"] == seen[0]["image"]["digest"]
    assert signature["by"] is not None and signature["by"]["name"] == "release"


@raises_on_purpose
def test_an_exception_is_an_error_and_never_a_pass(prepare: Prepare, capfd: pytest.CaptureFixture[str]) -> None:
    def judge(evidence: object) -> object:
        raise ValueError("no idea")

    result = outlook(prepare, judge)
    assert (result.state, own(result)["outcome"]) == ("blocked", "error")
    assert "no idea" in own(result)["reasons"][0]["message"]


@raises_on_purpose
@pytest.mark.parametrize("answer", [None, True, "pass", {}, {"outcome": "pass"}, {"reasons": []}, {"reasons": [{}]}, object()])
def test_an_answer_that_is_no_verdict_is_an_error(prepare: Prepare, answer: object) -> None:
    result = outlook(prepare, lambda evidence: answer)
    assert (result.state, own(result)["outcome"]) == ("blocked", "error")


def test_a_stated_pass_does_not_hide_a_failing_reason(prepare: Prepare) -> None:
    reason = {"outcome": "fail", "code": "c", "message": "m"}
    result = outlook(prepare, lambda evidence: {"outcome": "pass", "reasons": [reason]})
    assert own(result)["outcome"] == "fail"


def test_an_async_gate_runs_in_a_plain_call_and_in_the_callers_loop(prepare: Prepare) -> None:
    loops = []

    async def judge(evidence: object) -> cache.Judgement:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        return PASS

    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"], gates=[Gate(judge)])
    assert promoter.plan(scenario["request"]).state == "ready"

    async def main() -> None:
        assert (await promoter.plan_async(scenario["request"])).state == "ready"
        assert loops[1] is asyncio.get_running_loop()
        # A plain call holds the loop up; the gate must not wait for it.
        assert promoter.plan(scenario["request"]).state == "ready"

    asyncio.run(main())
    assert len({id(loop) for loop in loops}) == 3


@raises_on_purpose
def test_an_async_gate_that_raises_is_an_error(prepare: Prepare) -> None:
    async def judge(evidence: object) -> object:
        raise RuntimeError("late")

    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"], gates=[Gate(judge)])

    async def main() -> cache.Outlook:
        return await promoter.plan_async(scenario["request"])

    for result in (promoter.plan(scenario["request"]), asyncio.run(main())):
        assert (result.state, own(result)["outcome"]) == ("blocked", "error")


def test_a_gate_that_is_none_is_a_type_error(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    with pytest.raises(AttributeError):
        cache.Promoter(scenario["promoter"], gates=[object()])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        cache.Promoter(scenario["promoter"], gates=[Gate(None)])  # type: ignore[arg-type]


def test_other_threads_run_while_a_call_waits(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    release = threading.Event()

    def judge(evidence: object) -> cache.Judgement:
        assert release.wait(10)
        return PASS

    promoter = cache.Promoter(scenario["promoter"], gates=[Gate(judge)])
    states: list[str] = []
    thread = threading.Thread(target=lambda: states.append(promoter.plan(scenario["request"]).state))
    thread.start()
    time.sleep(0.05)
    release.set()
    thread.join(10)
    assert states == ["ready"]
