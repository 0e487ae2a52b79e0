"""What the signed record of a promotion says, and what is held to it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import SCENARIOS, Prepare

AT = "2026-01-31T11:59:00Z"
REQUEST: cache.VerifyRequest = {
    "image": "oci:target:v1",
    "trustedKeys": [{"name": "release", "path": "keys/release.pub"}],
}


def promoter_of(config: dict[str, Any], **more: Any) -> cache.Promoter:
    whole: Any = {**config, **more}
    return cache.Promoter(whole)


def promoted(prepare: Prepare, **answer: Any) -> tuple[cache.Plan, cache.Receipt, bytes]:
    """The plan, the receipt and the journal of a promotion that somebody approved by callback."""
    scenario = prepare("promote-signed")
    promoter = promoter_of(scenario["promoter"], approval={"accept": ["callback"]})
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    said: Any = {"decision": "approve", "approver": "alice", **answer}
    receipt = promoter.execute(plan, [plan.approve_by_callback(lambda _: said, at=AT)])
    assert receipt.complete
    return plan, receipt, (Path("ledger/journal") / f"{plan.digest.split(':')[1]}.jsonl").read_bytes()


def test_a_journal_is_held_to_the_record(prepare: Prepare) -> None:
    plan, receipt, journal = promoted(prepare)
    verified = cache.verify_journal(REQUEST, journal)
    attached = [change["do"] for change in plan.data["changes"]].index("attach")
    assert (verified["lines"], len(verified["entries"])) == (1 + attached, 2 + len(plan.data["changes"]))
    assert verified["entries"][0]["event"] == {"began": {"approvals": receipt.data["approvals"]}}
    assert verified["record"]["plan"] == plan.digest and verified["by"] is not None
    assert asyncio.run(awaited(journal)) == verified
    lines = journal.splitlines(keepends=True)
    changed = journal.replace(b'"sent":0', b'"sent":1', 1)
    for other in (lines[0], b"".join(lines[1:]), changed):
        with pytest.raises(cache.Untrusted):
            cache.verify_journal(REQUEST, other)
    with pytest.raises(cache.Invalid):
        cache.verify_journal(REQUEST, b"")
    with pytest.raises(cache.Invalid, match="no other attestation"):
        cache.verify_journal({**REQUEST, "attestation": "vsa"}, journal)
    first = json.loads(lines[0])
    first["plan"] = first["previous"] = "sha256:" + "0" * 64
    with pytest.raises(cache.NotFound):
        cache.verify_journal(REQUEST, json.dumps(first, separators=(",", ":"), sort_keys=True).encode() + b"\n")


async def awaited(journal: bytes) -> cache.VerifiedJournal:
    return await cache.verify_journal_async(REQUEST, journal)


def test_the_ledger_gives_the_journal_of_a_plan(prepare: Prepare) -> None:
    plan, _, journal = promoted(prepare)
    promoter = promoter_of(json.loads((SCENARIOS / "promote-signed.json").read_text(encoding="utf-8"))["promoter"])
    assert promoter.journal(plan.digest) == journal

    async def asked() -> bytes:
        return await promoter.journal_async(plan.digest)

    assert asyncio.run(asked()) == journal
    with pytest.raises(cache.NotFound):
        promoter.journal("sha256:" + "0" * 64)
    for wrong in ("", plan.digest.split(":")[1], plan.digest.upper(), "../" + plan.digest):
        with pytest.raises(cache.Invalid):
            promoter.journal(wrong)
    [kept] = Path("ledger/journal").iterdir()
    kept.write_bytes(b"".join(journal.splitlines(keepends=True)[1:]))
    with pytest.raises(cache.Untrusted):
        promoter.journal(plan.digest)


def test_what_an_approver_said_is_in_the_record_and_the_story(prepare: Prepare) -> None:
    said = "looked at it <b>twice</b>"
    _, _, journal = promoted(prepare, comment=f"  {said}\n")
    [approval] = cache.verify_journal(REQUEST, journal)["record"]["approvals"]
    assert (approval["approver"], approval["kind"], approval["comment"]) == ("alice", "callback", said)
    story = cache.tell_story({"image": "oci:target:v1", "trustedKeys": REQUEST["trustedKeys"]})
    facts = [fact for event in story.data["events"] if event["kind"] == "promoted" for fact in event["facts"]]
    assert {"name": "said", "value": f"alice: {said}"} in facts
    assert "<b>" not in story.markdown() and "&lt;b&gt;twice" in story.html()


def test_a_comment_is_of_bounded_length(prepare: Prepare) -> None:
    with pytest.raises(cache.Invalid, match="1000 characters"):
        promoted(prepare, comment="x" * 1001)


def test_an_approver_sets_a_deadline(prepare: Prepare) -> None:
    until = "2026-01-31T12:30:00Z"
    _, _, journal = promoted(prepare, expires=until)
    [approval] = cache.verify_journal(REQUEST, journal)["record"]["approvals"]
    assert approval["expires"] == until
    with pytest.raises(cache.Unapproved, match="alice let it count until 2026-01-31T11:59:30Z"):
        promoted(prepare, expires="2026-01-31T11:59:30Z")
    with pytest.raises(cache.Invalid, match="before it is given"):
        promoted(prepare, expires=AT)


def test_the_deadline_is_signed(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    plan = cache.Promoter(scenario["promoter"]).plan(scenario["request"]).plan
    assert plan is not None
    answer: cache.Answer = {"decision": "approve", "approver": "alice", "expires": "2026-01-31T11:59:30Z"}
    signed = plan.approve_by_signature(answer, {"name": "alice", "path": "keys/alice.key"}, at=AT)
    carried = cache.Approval.from_json(signed.to_json())
    assert carried.expires == "2026-01-31T11:59:30Z" and carried.comment is None
    with pytest.raises(cache.Unapproved, match="no longer"):
        cache.Promoter(scenario["promoter"]).execute(plan, [carried])


@pytest.mark.parametrize(
    "signer",
    [
        {"name": "release", "publicKey": "keys/release.pub"},
        {"name": "release", "path": "env://CACHE_NO_SUCH_VARIABLE", "publicKey": "keys/release.pub"},
    ],
)
def test_a_plan_needs_no_private_key(prepare: Prepare, signer: cache.Signer) -> None:
    scenario = prepare("promote-signed")
    approval = [cache.Approval.from_json(Path("approval.json").read_bytes())]
    config: Any = scenario["promoter"]
    whole = cache.Promoter(config)
    planner = promoter_of(config, signer=signer)
    plan = planner.plan(scenario["request"]).plan
    same = whole.plan(scenario["request"]).plan
    assert plan is not None and same is not None and plan.json == same.json
    if "path" in signer:
        with pytest.raises(cache.NotFound):
            planner.execute(plan, approval)
    assert whole.execute(cache.Plan.from_json(plan.json), approval).complete
    with pytest.raises(cache.Invalid, match="says who the signer is"):
        promoter_of(config, signer={"name": "release"})


def test_an_answer_is_known_by_its_reference(prepare: Prepare) -> None:
    plan, _, journal = promoted(prepare, reference="runs/7")
    [approval] = cache.verify_journal(REQUEST, journal)["record"]["approvals"]
    assert approval["reference"] == "runs/7"
    config: Any = json.loads((SCENARIOS / "promote-signed.json").read_text(encoding="utf-8"))["promoter"]
    another = promoter_of(config, approval={"accept": ["callback"]})
    again = cache.Plan.from_json(plan.json)
    answer: cache.Answer = {"decision": "approve", "approver": "alice", "reference": "runs/7"}
    told = again.approve_by_callback(lambda _: answer, at=AT)
    assert told.reference == "runs/7"
    with pytest.raises(cache.Unapproved, match="used once"):
        another.execute(again, [told])
