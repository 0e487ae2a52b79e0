"""Retention: planning, the dry run that is the default, the deletion, and the way back."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare

YES: cache.Answer = {"decision": "approve", "approver": "alice"}
ASK: cache.RetentionRequest = {"requester": "cleaner"}
EXAMPLE = ROOT / "examples" / "python" / "retention.py"


def policy(rules: str) -> str:
    return f"retention_policy:\n  dev: {rules}\n"


def config(rules: str) -> cache.RetentionConfig:
    return {
        "repositories": ["oci:source"],
        "environment": "dev",
        "policy": policy(rules),
        "ledger": "ledger",
        "restore": "restore",
    }


def approved(plan: cache.Plan) -> cache.Approval:
    return plan.approve_by_callback(lambda asked: YES)


def manifests() -> int:
    blobs = (path.read_bytes() for path in Path("source/blobs/sha256").iterdir())
    return sum(blob[:1] == b"{" and b'"schemaVersion"' in blob for blob in blobs)


def test_a_dry_run_is_the_default_and_deletes_nothing(prepare: Prepare) -> None:
    prepare("promote-signed")
    before = manifests()
    retention = cache.Retention(config("{max_age_days: 0}"))
    seen: list[cache.Requests] = []
    proposal = retention.plan(ASK, progress=seen.append)
    assert proposal.state == "ready" and proposal.plan is not None and seen[-1]["sent"] == len(seen)
    data = proposal.data
    assert data["totals"]["imagesDeleted"] == 1 and data["frees"]["bytes"] > 0
    image = next(m for m in data["repositories"][0]["manifests"] if m["kind"] == "image")
    assert (image["fate"], image["why"][0]["code"]) == ("delete", "old")
    cleaned = retention.execute(proposal.plan, [approved(proposal.plan)])
    assert not cleaned.complete and not cleaned.restore.exists()
    assert cleaned.dry_run and cleaned.receipt.dry_run and not cleaned and not cleaned.receipt
    for told in (cleaned, cleaned.receipt):
        assert "dry run: nothing was changed" in repr(told) and "NOT COMPLETE" not in repr(told)
        assert str(told).endswith("dry run: nothing was changed")
    assert all(step["outcome"] == "not-tried" for step in cleaned.data["receipt"]["steps"])
    assert manifests() == before


def test_what_is_deleted_comes_back(prepare: Prepare) -> None:
    prepare("promote-signed")
    before = manifests()
    retention = cache.Retention(config("{max_age_days: 0}"))
    plan = retention.plan(ASK).plan
    assert plan is not None
    schema = json.loads((ROOT / "docs" / "schema" / "plan-v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(plan.data)
    cleaned = retention.execute(plan, [approved(plan)], dry_run=False)
    assert cleaned and cleaned.complete and cleaned.broken == [] and not cleaned.dry_run, str(cleaned)
    assert manifests() < before
    assert retention.journal(plan.digest).count(b"\n") == 2 + len(plan.data["changes"])
    with pytest.raises(cache.Unapproved, match="executed before"):
        retention.execute(plan, [approved(plan)], dry_run=False)
    with pytest.raises(cache.Unapproved, match="was executed"):
        retention.execute(plan, [approved(plan)])
    assert retention.plan(ASK).state == "nothing"

    back = retention.plan_restore({"file": str(cleaned.restore), "requester": "cleaner"})
    assert back is not None
    jsonschema.Draft202012Validator(schema).validate(back.data)
    receipt = retention.restore(back, [approved(back)], cleaned.restore)
    assert receipt.complete, str(receipt)
    assert retention.plan_restore({"file": str(cleaned.restore), "requester": "cleaner"}) is None
    assert retention.plan(ASK).state == "ready"


def test_what_a_watcher_raises_stops_the_planning(prepare: Prepare) -> None:
    prepare("promote-signed")
    retention = cache.Retention(config("{max_age_days: 0}"))

    def stop(news: cache.Requests) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        retention.plan(ASK, progress=stop)
    with pytest.raises(KeyError, match="enough"):
        asyncio.run(retention.plan_async(ASK, progress=stop))


def test_all_of_it_can_be_awaited(prepare: Prepare) -> None:
    prepare("promote-signed")

    async def main() -> None:
        retention = cache.Retention(config("{max_age_days: 0}"))
        seen: list[cache.Requests] = []
        plan = (await retention.plan_async(ASK, progress=seen.append)).plan
        assert plan is not None
        assert not (await retention.execute_async(plan, [approved(plan)])).complete
        cleaned = await retention.execute_async(plan, [approved(plan)], dry_run=False)
        assert cleaned.complete
        back = await retention.plan_restore_async({"file": str(cleaned.restore), "requester": "cleaner"})
        assert back is not None
        assert (await retention.restore_async(back, [approved(back)], cleaned.restore)).complete

    asyncio.run(main())


def inventory(**change: Any) -> cache.Inventory:
    known: Any = {
        "version": 1,
        "source": "cluster a",
        "taken": "2026-06-30T11:00:00Z",
        "complete": True,
        "images": [{"image": "registry.example/other:v1", "usedBy": "shop/Deployment/web"}],
    }
    known.update(change)
    result: cache.Inventory = known
    return result


def test_what_is_deployed_must_be_known(prepare: Prepare) -> None:
    prepare("promote-signed")
    wanted = config("{max_age_days: 0, keep_deployed: true}")
    wanted["clock"] = "2026-06-30T12:00:00Z"
    with pytest.raises(cache.Invalid, match="nothing tells"):
        cache.Retention(wanted).plan(ASK)
    schema = json.loads((ROOT / "docs" / "schema" / "inventory-v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(inventory())
    for wrong in (inventory(complete=False), inventory(images=[]), inventory(taken="2026-06-01T00:00:00Z")):
        wanted["inventories"] = [{"inventory": wrong}]
        with pytest.raises(cache.Invalid, match="inventory"):
            cache.Retention(wanted).plan(ASK)
    wanted["inventories"] = [{"inventory": inventory()}]
    proposal = cache.Retention(wanted).plan(ASK)
    assert proposal.state == "ready" and proposal.data["inventories"][0]["images"] == 1
    assert proposal.plan is not None
    assert "warn: deployed by cluster a, 0 of 1 images are of these repositories" in proposal.plan.render()
    digest = next(m["digest"] for m in proposal.data["repositories"][0]["manifests"] if m["kind"] == "image")
    Path("inventory.json").write_text(json.dumps(inventory(images=[{"digest": digest}])), encoding="utf-8")
    wanted["inventories"].append({"file": "inventory.json"})
    assert cache.Retention(wanted).plan(ASK).state == "nothing"
    pod = {
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "a", "image": f"x.example/y@{digest}"}]},
    }
    documents: cache.KubernetesDocuments = {"source": "b", "taken": "2026-06-30T11:00:00Z", "documents": [pod]}
    wanted["inventories"] = [{"kubernetesDocuments": documents}]
    assert cache.Retention(wanted).plan(ASK).state == "nothing"


def test_what_was_deployed_since_the_plan_stays(prepare: Prepare) -> None:
    prepare("promote-signed")
    wanted = config("{max_age_days: 0, keep_deployed: true}")
    wanted["inventories"] = [{"file": "inventory.json"}]
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = Path("inventory.json")
    path.write_text(json.dumps(inventory(taken=now)), encoding="utf-8")
    retention = cache.Retention(wanted)
    proposal = retention.plan(ASK)
    plan = proposal.plan
    assert plan is not None
    digest = next(m["digest"] for m in proposal.data["repositories"][0]["manifests"] if m["kind"] == "image")
    before = manifests()
    running = [{"digest": digest, "usedBy": "shop/Pod/web"}]
    path.write_text(json.dumps(inventory(taken=now, images=running)), encoding="utf-8")
    for dry_run in (True, False):
        with pytest.raises(cache.Conflict, match="shop/Pod/web"):
            retention.execute(plan, [approved(plan)], dry_run=dry_run)
    path.write_text(json.dumps(inventory(taken="2020-01-01T00:00:00Z")), encoding="utf-8")
    with pytest.raises(cache.Invalid, match="older"):
        retention.execute(plan, [approved(plan)], dry_run=False)
    assert manifests() == before
    path.write_text(json.dumps(inventory(taken=now)), encoding="utf-8")
    assert retention.execute(plan, [approved(plan)], dry_run=False).complete


def test_limits_and_configurations_that_cannot_be(prepare: Prepare) -> None:
    prepare("promote-signed")
    refused = cache.Retention(config("{max_age_days: 0, max_deletions: 0}")).plan(ASK)
    assert refused.state == "refused" and refused.plan is None and "max_deletions" in refused.refusals[0]
    wrong: Any
    for wrong in (
        {**config("{max_age_days: 0}"), "environment": "prod"},
        {**config("{max_age_days: 0}"), "repositories": []},
        {**config("{max_age_days: 0}"), "repositories": ["oci:source", "oci:target"]},
        {**config("{max_age_days: 0}"), "untag": "maybe"},
        config("{max_age: 0}"),
    ):
        with pytest.raises(cache.Invalid):
            cache.Retention(wrong)


LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["v*"],
                "countType": "imageCountMoreThan",
                "countNumber": 1,
            },
            "action": {"type": "expire"},
        }
    ]
}


def test_the_policies_of_registries() -> None:
    text = json.dumps(LIFECYCLE)
    assert cache.explain_policy("ecr", text) == ["all but the 1 newest images with tags like v* are expired"]
    images: list[cache.ListedImage] = [
        {"digest": f"sha256:{n}" + "0" * 63, "tags": [f"v{n}"], "pushed": f"2026-01-0{n}T00:00:00Z"} for n in (1, 2)
    ]
    doomed = cache.simulate_policy({"vendor": "ecr", "policy": text, "images": images})
    assert [image["tags"] for image in doomed] == [["v1"]]
    said = cache.translate_policy({"vendor": "acr", "policy": policy("{untagged_after_days: 3}"), "environment": "dev"})
    assert said["document"] == {"retentionPolicy": {"days": 3, "status": "enabled"}} and said["unsaid"]
    with pytest.raises(cache.Invalid):
        cache.explain_policy("harbor", "{}")


def test_acr_is_simulated_by_its_own_listing() -> None:
    text = json.dumps({"retentionPolicy": {"days": 7, "status": "enabled"}})
    digest = "sha256:" + "a" * 64
    listing = [{"digest": digest, "createdTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-02T00:00:00Z"}]
    asked: cache.SimulateRequest = {"vendor": "acr", "policy": text, "listing": listing, "clock": "2026-01-09T00:00:00Z"}
    assert [image["digest"] for image in cache.simulate_policy(asked)] == [digest]
    images: list[cache.ListedImage] = [{"digest": digest, "untagged": "2026-01-02T00:00:01Z"}]
    assert cache.simulate_policy({"vendor": "acr", "policy": text, "images": images, "clock": asked["clock"]}) == []


def test_registries_are_named_by_their_system(prepare: Prepare) -> None:
    prepare("promote-signed")
    login: cache.RegistryLogin = {"user": "robot", "password": "s3cret"}
    harbor: cache.Registry = {"host": "registry.example", "system": "harbor", "login": login}
    wanted: cache.RetentionConfig = {**config("{max_age_days: 0}"), "repositories": ["registry.example/app"]}
    cache.Retention({**wanted, "registries": [harbor, {"host": "registry.other"}]})
    quay: Any = {"host": "registry.example", "system": "quay"}
    key: cache.Registry = {"host": "registry.example", "system": "harbor", "key": "docker"}
    wrong: list[tuple[list[Any], str]] = [
        ([quay], r"registries\[0\]\.system: unknown word `quay`"),
        ([harbor, harbor], "two entries are for one host"),
        ([key], '"key" is no option of harbor'),
    ]
    for entries, words in wrong:
        with pytest.raises(cache.Invalid, match=words):
            cache.Retention({**wanted, "registries": entries})


def clean(*more: str) -> tuple[int, str]:
    given = ["--repository", "oci:source", "--policy", "policy.yaml", "--environment", "dev", "--ledger", "ledger"]
    environment = {**os.environ, "XDG_STATE_HOME": str(Path.cwd() / "state")}
    command = [sys.executable, str(EXAMPLE), *given, *more]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_the_example_cleans_on_an_approval_and_puts_back(prepare: Prepare) -> None:
    prepare("promote-signed")
    Path("policy.yaml").write_text(policy("{max_age_days: 0}"), encoding="utf-8")
    code, shown = clean()
    assert code == 3 and "A dry run" in shown, shown
    code, shown = clean("--approve", shown.rsplit("--approve ", 1)[1].strip())
    assert code == 0 and "complete" in shown, shown
    file = shown.split("restored from ", 1)[1].split("\n", 1)[0]
    code, shown = clean("--restore", file)
    assert code == 3, shown
    code, shown = clean("--restore", file, "--approve", shown.rsplit("--approve ", 1)[1].strip())
    assert code == 0 and "complete" in shown, shown
    assert "Everything is there" in clean("--restore", file)[1]
