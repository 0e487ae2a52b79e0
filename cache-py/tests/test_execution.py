"""Watching an execution, stopping it, and going on; and evidence that the caller has."""

from __future__ import annotations

import asyncio
import functools
import json
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import AT, YES, Prepare, ready

SBOM = json.dumps({"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": "SPDXRef-a", "name": "a"}]}).encode()


def is_whole(seen: list[cache.Progress], plan: cache.Plan) -> bool:
    numbers = [(news["done"], news["bytes"]) for news in seen]
    last = seen[-1]
    ends = (last["done"], last["bytes"], last["what"]) == (last["steps"], last["total"], None)
    changes = {news["what"] for news in seen} - {None}
    return ends and numbers == sorted(numbers) and len(changes) == len(plan.data["changes"]) == last["steps"]


def test_a_watcher_sees_every_step(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)
    seen: list[cache.Progress] = []
    assert promoter.execute(plan, [approval], progress=seen.append).complete
    assert is_whole(seen, plan)


def test_a_watcher_of_an_awaited_call_runs_in_the_event_loop(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)
    seen: list[cache.Progress] = []

    def progress(news: cache.Progress) -> None:
        assert asyncio.get_running_loop()
        seen.append(news)

    async def main() -> cache.Receipt:
        return await promoter.execute_async(plan, [approval], progress=progress)

    assert asyncio.run(main()).complete
    assert is_whole(seen, plan)


def test_what_a_watcher_raises_stops_the_execution_and_it_goes_on(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)

    def stop(news: cache.Progress) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        promoter.execute(plan, [approval], progress=stop)
    assert promoter.execute(plan, [approval]).complete
    with pytest.raises(cache.Unapproved, match="executed before"):
        promoter.execute(plan, [approval])


def test_what_a_watcher_raises_is_raised_from_the_awaited_call_and_stops_it(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)
    told: list[cache.Progress] = []
    elsewhere: list[object] = []

    def stop(news: cache.Progress) -> None:
        told.append(news)
        raise KeyError("enough")

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: elsewhere.append(context))
        with pytest.raises(KeyError, match="enough"):
            await promoter.execute_async(plan, [approval], progress=stop)
        # At once: it waits until the first one has let go.
        assert (await promoter.execute_async(plan, [approval])).complete

    asyncio.run(main())
    assert len(told) == 1 and not elsewhere


def test_what_a_watcher_raises_at_the_end_is_raised_as_well(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)

    def stop(news: cache.Progress) -> None:
        if news["what"] is None:
            raise KeyError("late")

    with pytest.raises(KeyError, match="late"):
        asyncio.run(promoter.execute_async(plan, [approval], progress=stop))


class Watching:
    async def watch(self, news: object) -> None:
        raise AssertionError("nobody awaits this")

    async def __call__(self, news: object) -> None:
        await self.watch(news)


@pytest.mark.parametrize("watcher", [Watching(), Watching().watch, functools.partial(Watching().watch)])
def test_a_watcher_that_is_async_is_refused_before_the_work_begins(prepare: Prepare, watcher: Any) -> None:
    promoter, plan, approval = ready(prepare)
    for execute in (promoter.execute, promoter.execute_async):
        with pytest.raises(TypeError, match="progress is an async function"):
            execute(plan, [approval], progress=watcher)
    for generate in (cache.Sbom.generate, cache.Sbom.generate_async):
        with pytest.raises(TypeError, match="progress is an async function"):
            generate({"folder": "."}, progress=watcher)
    assert not Path("ledger/journal").exists()


def test_a_cancelled_execution_stops_and_goes_on(prepare: Prepare) -> None:
    async def stopped_and_gone_on() -> bool:
        promoter, plan, approval = ready(prepare)
        tasks: list[asyncio.Future[cache.Receipt]] = []
        task = asyncio.ensure_future(
            promoter.execute_async(plan, [approval], progress=lambda news: tasks[0].cancel())
        )
        tasks.append(task)
        with pytest.raises(asyncio.CancelledError):
            await task
        try:
            # At once: it waits until the first one has let go.
            return (await promoter.execute_async(plan, [approval])).complete
        except cache.Unapproved:
            return False  # It was done before it heard of the end.

    assert any(asyncio.run(stopped_and_gone_on()) for _ in range(10))


class Slow:
    """Waits for ever, and tells of its end."""

    name = "slow"

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def wait(self) -> None:
        self.began.set()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def judge(self, evidence: cache.Evidence) -> cache.Judgement:
        await self.wait()
        return {"reasons": []}

    async def ask(self, plan: cache.Plan) -> cache.Answer:
        await self.wait()
        raise AssertionError("it was not cancelled")


def test_a_cancelled_plan_cancels_its_gate(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")

    async def main() -> None:
        slow = Slow()
        promoter = cache.Promoter(scenario["promoter"], gates=[slow])
        planned = asyncio.ensure_future(promoter.plan_async(scenario["request"]))
        await asyncio.wait_for(slow.began.wait(), timeout=30)
        planned.cancel()
        # The loop goes on, and so would the gate.
        await asyncio.wait_for(slow.cancelled.wait(), timeout=30)

    asyncio.run(main())


def test_a_loop_that_ends_cancels_the_gate_and_prints_nothing(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    slow: list[Slow] = []

    async def main() -> None:
        slow.append(Slow())
        promoter = cache.Promoter(scenario["promoter"], gates=slow)
        asyncio.ensure_future(promoter.plan_async(scenario["request"]))
        await asyncio.wait_for(slow[0].began.wait(), timeout=30)

    asyncio.run(main())
    assert slow[0].cancelled.is_set()


def test_a_gate_that_was_cancelled_has_not_passed(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")

    class Cancelled:
        name = "cancelled"

        async def judge(self, evidence: cache.Evidence) -> cache.Judgement:
            raise asyncio.CancelledError

    async def main() -> cache.Outlook:
        return await cache.Promoter(scenario["promoter"], gates=[Cancelled()]).plan_async(scenario["request"])

    outlook = asyncio.run(main())
    assert outlook.state == "blocked"
    assert b"the gate was cancelled" in outlook.verdicts_json


def test_a_question_that_nobody_waits_for_is_withdrawn(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    plan = cache.Promoter(scenario["promoter"]).plan(scenario["request"]).plan
    assert plan is not None

    async def main() -> None:
        slow = Slow()
        asked = asyncio.ensure_future(plan.approve_by_callback_async(slow.ask))
        await asyncio.wait_for(slow.began.wait(), timeout=30)
        asked.cancel()
        await asyncio.wait_for(slow.cancelled.wait(), timeout=30)

    asyncio.run(main())


def test_a_result_counts_as_true_only_where_all_was_done(prepare: Prepare) -> None:
    promoter, plan, approval = ready(prepare)
    copies = [change for change in plan.data["changes"] if change["do"] == "copy" and change["role"] == "image"]
    for layer in {blob["digest"] for change in copies for blob in change["blobs"]}:
        (Path("source/blobs/sha256") / layer.split(":")[1]).unlink(missing_ok=True)
    failed = promoter.execute(plan, [approval])
    assert (bool(failed), failed.complete) == (False, False)

    promoter, plan, approval = ready(prepare)
    done = promoter.execute(plan, [approval])
    assert (bool(done), done.complete) == (True, True)


def sbom_of(image: str) -> bytes:
    """An SBOM that names the image by its digest."""
    subject = {"type": "container", "name": "app", "version": cache.Registries().digest(image)}
    components = [{"type": "library", "name": "a"}]
    metadata = {"component": subject}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": metadata, "components": components}
    return json.dumps(document).encode()


def test_given_evidence_is_judged_and_named(prepare: Prepare, tmp_path: Path) -> None:
    scenario = prepare("promote-signed")
    config: Any = {**scenario["promoter"], "policy": "scan_policy:\n  promotion_to_staging: {require_scan: false}\n"}
    promoter = cache.Promoter(config)
    assert promoter.plan(scenario["request"]).state == "blocked"
    unbound = promoter.plan(scenario["request"], given=[{"kind": "sbom", "bytes": SBOM}])
    assert "unbound-sbom" in [reason["code"] for verdict in unbound.verdicts for reason in verdict["reasons"]]
    sbom = sbom_of(scenario["request"]["from"])
    path = tmp_path / "sbom.json"
    path.write_bytes(sbom)
    by_bytes = promoter.plan(scenario["request"], given=[{"kind": "sbom", "bytes": sbom}]).plan
    assert by_bytes is not None and "given, unsigned" in by_bytes.json.decode()

    async def main() -> cache.Outlook:
        return await promoter.plan_async(scenario["request"], given=[{"kind": "sbom", "path": path}])

    by_path = asyncio.run(main()).plan
    assert by_path is not None and by_path.digest == by_bytes.digest


def test_who_executes_the_plan_of_another_process_hands_in_what_it_was_given(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    policy = "scan_policy:\n  promotion_to_staging: {require_scan: false}\n"
    config: Any = {**scenario["promoter"], "policy": policy, "approval": {}}
    given: list[cache.Given] = [{"kind": "sbom", "bytes": sbom_of(scenario["request"]["from"])}]
    plan = cache.Promoter(config).plan(scenario["request"], given=given).plan
    assert plan is not None
    approvals = [plan.approve_by_callback(lambda asked: YES, at=AT)]
    elsewhere = cache.Promoter(config)
    with pytest.raises(cache.Conflict, match="handed in"):
        elsewhere.execute(plan, approvals)

    async def main() -> cache.Receipt:
        return await elsewhere.execute_async(plan, approvals, given=given)

    assert asyncio.run(main()).complete


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kind": "sbom", "bytes": b"not an SBOM"}, cache.Invalid),
        ({"kind": "sbom"}, cache.Invalid),
        ({"kind": "sbom", "bytes": SBOM, "path": "sbom.json"}, cache.Invalid),
        ({"kind": "signature", "bytes": b"{}"}, cache.Invalid),
        ({"kind": "sbom", "text": "{}"}, cache.Invalid),
        ({"kind": "sbom", "path": "no-such-file"}, cache.NotFound),
        ({"bytes": SBOM}, KeyError),
        ({"kind": "sbom", "bytes": "text"}, TypeError),
    ],
)
def test_given_evidence_that_cannot_be_read_is_refused(
    prepare: Prepare, given: Any, error: type[Exception]
) -> None:
    scenario = prepare("promote-signed")
    with pytest.raises(error):
        cache.Promoter(scenario["promoter"]).plan(scenario["request"], given=[given])
