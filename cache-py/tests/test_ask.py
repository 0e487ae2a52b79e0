"""People are asked in their chats, and their signed answers are approvals."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ROOT, SECRET, Prepare, asked, press

PEOPLE = {"slack:U1": "alice", "slack:U2": "bob"}


def promoter(prepare: Prepare, **approval: Any) -> tuple[cache.Promoter, cache.Plan]:
    scenario = prepare("promote-signed")
    config: Any = {**scenario["promoter"], "approval": {"accept": ["webhook"], **approval}}
    config.pop("clock", None)
    made = cache.Promoter(config)
    plan = made.plan(scenario["request"]).plan
    assert plan is not None
    return made, plan


def test_answers_are_approvals(prepare: Prepare, chat: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, seen = chat
    made, plan = promoter(prepare, required=2)
    desk = cache.AnswerDesk({"people": PEOPLE, "slackSecret": SECRET})

    def answer() -> None:
        digest = asked(seen.get(timeout=30))
        for user in ["U1", "U9", "U2"]:
            reply = desk.slack(*press(digest, user=user))
            assert reply["status"] == (403 if user == "U9" else 200), reply

    answering = threading.Thread(target=answer)
    answering.start()
    approvals = made.ask(plan, desk, {"ask": [{"kind": "slack", "url": url}], "giveUpAfterSeconds": 30})
    answering.join()
    assert [(one.approver, one.kind, one.plan) for one in approvals] == [
        ("alice", "webhook", plan.digest),
        ("bob", "webhook", plan.digest),
    ]
    assert made.execute(plan, approvals).complete


def test_a_denial_and_silence(prepare: Prepare, chat: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, seen = chat
    made, plan = promoter(prepare)
    desk = cache.AnswerDesk({"people": PEOPLE, "slackSecret": SECRET})
    whom: cache.AskConfig = {"ask": [{"kind": "slack", "url": url}], "giveUpAfterSeconds": 1}
    with pytest.raises(cache.Unapproved, match="nobody answered"):
        made.ask(plan, desk, whom)
    seen.get(timeout=30)

    async def deny() -> list[cache.Approval]:
        asking = asyncio.ensure_future(made.ask_async(plan, desk, {**whom, "giveUpAfterSeconds": 30}))
        message = await asyncio.to_thread(seen.get)
        assert desk.slack(*press(asked(message), "cache-deny"))["status"] == 200
        return await asking

    approvals = asyncio.run(deny())
    assert [one.decision for one in approvals] == ["deny"]
    with pytest.raises(cache.Unapproved, match="alice denied"):
        made.execute(plan, approvals)


def test_what_is_not_signed_or_not_configured_is_refused() -> None:
    desk = cache.AnswerDesk({"people": PEOPLE, "slackSecret": SECRET})
    headers, body = press("sha256:" + "0" * 64)
    assert desk.slack({**headers, "X-Slack-Signature": "v0=" + "0" * 64}, body)["status"] == 403
    assert desk.slack(headers, body + b"x")["status"] == 403
    assert desk.slack(headers, body, at="2020-01-01T00:00:00Z")["status"] == 403
    assert desk.teams({}, b"{}")["status"] == 403
    assert desk.slack(headers, body)["status"] == 404
    nobody: dict[str, str] = {}
    wrong: list[Any] = [{"people": PEOPLE}] + [{"people": who, "slackSecret": SECRET} for who in (nobody, {"U1": "a"})]
    for config in wrong:
        with pytest.raises(cache.Invalid) as error:
            cache.AnswerDesk(config)
        assert SECRET not in str(error.value)


def test_an_alert_tells_what_was_found(chat: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, seen = chat
    trivy = {
        "SchemaVersion": 2,
        "Results": [
            {
                "Target": "t",
                "Class": "os-pkgs",
                "Type": "debian",
                "Vulnerabilities": [
                    {"VulnerabilityID": "CVE-2026-1", "PkgName": "a", "InstalledVersion": "1", "Severity": "CRITICAL"}
                ],
            }
        ],
    }
    report = cache.parse_report(json.dumps(trivy).encode())
    whom: cache.AskConfig = {"ask": [{"kind": "slack", "url": url}]}
    image = "docker://registry.test/app@sha256:" + "0" * 64
    cache.alert(whom, {"image": image, "report": report})
    assert "CVE-2026-1" in json.dumps(seen.get(timeout=30))

    async def later() -> None:
        await cache.alert_async(whom, {"image": image, "report": report})

    asyncio.run(later())
    assert "1 critical" in json.dumps(seen.get(timeout=30))
    with pytest.raises(cache.Invalid, match="digest"):
        cache.alert(whom, {"image": "docker://registry.test/app:v1", "report": report})


def test_the_example_promotes_when_somebody_says_yes(prepare: Prepare, chat: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, seen = chat
    policy = prepare("promote-signed")["promoter"]["policy"]
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    given = ["--from", "oci:source", "--to", "oci:target", "--tag", "v1", "--key", "keys/release.pub"]
    more = ["--environment", "staging", "--policy", "policy.yaml", "--person", "slack:U1=alice", "--port", "0"]
    environment = {
        **os.environ,
        "XDG_STATE_HOME": str(Path.cwd() / "state"),
        "SLACK_WEBHOOK": url,
        "SLACK_SECRET": SECRET,
    }
    command = [sys.executable, str(ROOT / "examples" / "python" / "ask.py"), *given, *more]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert running.stdout is not None
    port = running.stdout.readline().rsplit(" ", 1)[1].strip()
    headers, body = press(asked(seen.get(timeout=30)))
    request = urllib.request.Request(f"http://127.0.0.1:{port}/slack", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert b"alice approved" in answer.read()
    shown, _ = running.communicate(timeout=60)
    assert running.returncode == 0 and "complete" in shown, shown
