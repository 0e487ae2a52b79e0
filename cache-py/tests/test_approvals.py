"""Approving a plan, and executing it once."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import SCENARIOS, Prepare

YES: cache.Answer = {"decision": "approve", "approver": "alice", "comment": "fine"}
AT = "2026-01-31T11:59:00Z"


def ready(
    prepare: Prepare, approval: cache.ApprovalPolicy | None = None
) -> tuple[cache.Promoter, cache.Plan]:
    scenario = prepare("promote-signed")
    config: Any = {**scenario["promoter"], "approval": approval or {}}
    promoter = cache.Promoter(config)
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    return promoter, plan


def test_a_callback_sees_the_plan_and_its_answer_counts(prepare: Prepare) -> None:
    promoter, plan = ready(prepare)
    shown: list[str] = []

    def ask(asked: cache.Plan) -> cache.Answer:
        shown.append(asked.render())
        return YES

    approval = plan.approve_by_callback(ask, at=AT)
    assert (approval.kind, approval.approver, approval.comment, approval.at) == ("callback", "alice", "fine", AT)
    assert approval.plan == plan.digest and plan.digest in shown[0]
    receipt = promoter.execute(plan, [approval])
    assert receipt.complete
    assert receipt.data["approvals"] == [approval.digest]
    with pytest.raises(cache.Unsupported):
        approval.to_json()


def test_what_the_callback_raises_is_raised(prepare: Prepare) -> None:
    _, plan = ready(prepare)

    def ask(asked: cache.Plan) -> cache.Answer:
        raise KeyError("chat is down")

    with pytest.raises(KeyError):
        plan.approve_by_callback(ask)
    with pytest.raises(cache.Invalid):
        plan.approve_by_callback(lambda asked: {"approver": "alice"})  # type: ignore[typeddict-item]


def test_a_callback_of_the_other_kind_is_told_which_call_takes_it(prepare: Prepare) -> None:
    _, plan = ready(prepare)

    async def later(asked: cache.Plan) -> cache.Answer:
        return YES

    def now(asked: cache.Plan) -> cache.Answer:
        return YES

    with pytest.raises(TypeError, match="give an async function to approve_by_callback_async"):
        plan.approve_by_callback(later)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="returned dict: give a plain function to approve_by_callback"):
        asyncio.run(plan.approve_by_callback_async(now))  # type: ignore[arg-type]


def test_a_denial_stops_the_plan_and_uses_nothing_up(prepare: Prepare) -> None:
    promoter, plan = ready(prepare)
    denial = plan.approve_by_callback(lambda asked: {"decision": "deny", "approver": "bob"}, at=AT)
    approval = plan.approve_by_callback(lambda asked: YES, at=AT)
    with pytest.raises(cache.Unapproved, match="bob denied"):
        promoter.execute(plan, [approval, denial])
    assert promoter.execute(plan, [approval]).complete


def test_a_plan_is_executed_once(prepare: Prepare) -> None:
    promoter, plan = ready(prepare)
    first, second = (plan.approve_by_callback(lambda asked: YES, at=AT) for _ in range(2))
    assert promoter.execute(plan, [first]).complete
    with pytest.raises(cache.Unapproved, match="executed before"):
        promoter.execute(plan, [second])


def test_a_signed_approval_travels_with_the_plan(prepare: Prepare) -> None:
    key = (SCENARIOS / "keys" / "alice.pub").read_text(encoding="utf-8")
    strict, plan = ready(prepare, {"accept": ["key"], "approvers": [{"name": "alice", "key": key}]})
    carried = cache.Plan.from_json(plan.json)
    signed = carried.approve_by_signature(YES, {"name": "alice", "path": "keys/alice.key"}, at=AT)
    approval = cache.Approval.from_json(signed.to_json())
    assert (approval.kind, approval.digest) == ("key", signed.digest)
    with pytest.raises(cache.Unapproved):
        strict.execute(plan, [plan.approve_by_callback(lambda asked: YES, at=AT)])
    assert strict.execute(plan, [approval]).complete


def test_an_edited_plan_is_not_read(prepare: Prepare) -> None:
    _, plan = ready(prepare)
    with pytest.raises(cache.Invalid):
        cache.Plan.from_json(plan.json + b" ")
    assert cache.Plan.from_json(plan.json).digest == plan.digest


def test_everything_has_an_async_pair(prepare: Prepare) -> None:
    promoter, plan = ready(prepare)

    async def ask(asked: cache.Plan) -> cache.Answer:
        await asyncio.sleep(0)
        return YES

    async def main() -> cache.Receipt:
        approval = await plan.approve_by_callback_async(ask, at=AT)
        key: cache.SignerKey = {"name": "alice", "path": "keys/alice.key"}
        signed = await plan.approve_by_signature_async(YES, key, at=AT)
        assert (approval.kind, signed.kind) == ("callback", "key")
        return await promoter.execute_async(plan, [approval])

    assert asyncio.run(main()).complete


def test_a_pipe_is_not_a_terminal(prepare: Prepare) -> None:
    _, plan = ready(prepare)
    with pytest.raises(cache.Unsupported):
        plan.approve_on_terminal("alice")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of Unix")
@pytest.mark.parametrize(("typed", "decision"), [("digest", "approve"), ("y", "deny")])
def test_a_person_types_the_digest_at_the_terminal(prepare: Prepare, typed: str, decision: str) -> None:
    import pty

    _, plan = ready(prepare)
    Path("plan.json").write_bytes(plan.json)
    program = (
        "import cache_guardian as c; p = c.Plan.from_json(open('plan.json', 'rb').read());"
        "a = p.approve_on_terminal('alice'); print(a.kind, a.decision)"
    )
    here, there = pty.openpty()
    text = plan.digest.split(":")[1][:8] if typed == "digest" else typed
    os.write(here, text.encode() + b"\n")
    done = subprocess.run([sys.executable, "-c", program], stdin=there, capture_output=True, text=True, timeout=30)
    assert plan.digest in done.stdout, done.stderr
    assert done.stdout.endswith(f"terminal {decision}\n")


def test_a_fork_is_refused_and_not_waited_for(prepare: Prepare) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    scenario = prepare("promote-signed")
    program = (
        "import os, cache_guardian as c\n"
        f"p = c.Promoter({scenario['promoter']!r}); r = {scenario['request']!r}; p.plan(r)\n"
        "if os.fork() == 0:\n"
        "    try: p.plan(r)\n"
        "    except c.Unsupported: os._exit(7)\n"
        "    os._exit(1)\n"
        "assert os.waitstatus_to_exitcode(os.wait()[1]) == 7\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
