"""The upkeep of a registry: what it keeps, and changes of that under an approval."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import jsonschema
import pytest

import cache_guardian as cache
from conftest import ROOT, SECRET, asked, press

EXAMPLE = ROOT / "examples" / "python" / "upkeep.py"
YES: cache.Answer = {"decision": "approve", "approver": "alice"}


class Harbor(BaseHTTPRequestHandler):
    """A project, its quota and its robots, as Harbor's interface has them."""

    storage = -1
    robots: list[dict[str, Any]] = []

    def answer(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["content-length"])))

    def do_GET(self) -> None:
        project = {"project_id": 7, "name": "p", "repo_count": 0, "metadata": {}}
        answers = {
            "/projects": [project],
            "/projects/p": project,
            "/quotas": [{"id": 5, "hard": {"storage": Harbor.storage}, "used": {"storage": 10}}],
            "/robots": Harbor.robots,
        }
        path = self.path.partition("?")[0].removeprefix("/api/v2.0")
        if self.headers["authorization"] is None:
            self.answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "no"}]})
        else:
            self.answer(*((200, answers[path]) if path in answers else (404, {})))

    def do_PUT(self) -> None:
        Harbor.storage = self.body()["hard"]["storage"]
        self.answer(200, {})

    def do_POST(self) -> None:
        asked = self.body()
        name = f"robot$p+{asked['name']}"
        Harbor.robots.append({"id": 1, "name": name, "permissions": asked["permissions"]})
        self.answer(201, {"id": 1, "name": name, "secret": "given-once"})

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[cache.Registry]:
    monkeypatch.chdir(tmp_path)
    Harbor.storage, Harbor.robots = -1, []
    with ThreadingHTTPServer(("127.0.0.1", 0), Harbor) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_port}"
        login: cache.RegistryLogin = {"user": "robot$ci", "password": "hunter2"}
        yield {"host": host, "system": "harbor", "api": f"http://{host}/api/v2.0", "login": login}
        server.shutdown()


def administrator(registry: cache.Registry) -> cache.Administrator:
    return cache.Administrator({"registry": registry, "environment": "prod", "ledger": "ledger"})


def quota(registry: cache.Registry, storage: int) -> cache.SetPolicy:
    scope: cache.Scope = {"project": {"registry": registry["host"], "name": "p"}}
    return {"kind": "set-policy", "policy": "quota", "scope": scope, "to": {"storage": storage}}


def request(*actions: cache.Action) -> cache.UpkeepRequest:
    return {"requester": "ci", "what": "upkeep", "wishes": [{"action": action} for action in actions]}


def test_a_registry_is_asked(registry: cache.Registry) -> None:
    upkeep = administrator(registry)
    assert upkeep.ask({"kind": "projects"})[0]["name"] == "p"
    assert upkeep.ask({"kind": "quota", "project": "p"}) == {"id": 5, "limit": None, "used": 10}
    standing = upkeep.ask({"kind": "standing", "action": quota(registry, 1000)})
    assert standing == {"now": {"storage": -1}, "settled": False, "effects": []}
    with pytest.raises(cache.Unsupported):
        upkeep.ask({"kind": "storage"})
    wrong: Any = {"kind": "secrets"}
    with pytest.raises(cache.Invalid):
        upkeep.ask(wrong)


def test_a_change_is_planned_approved_and_made_once(registry: cache.Registry) -> None:
    upkeep = administrator(registry)
    plan = upkeep.plan(request(quota(registry, 1000)))
    assert plan is not None and Harbor.storage == -1
    schema = json.loads((ROOT / "docs" / "schema" / "plan-v1.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(plan.data)
    with pytest.raises(cache.Unapproved):
        upkeep.execute(plan, [])
    approval = plan.approve_by_callback(lambda asked: YES)
    carried = upkeep.execute(plan, [approval])
    assert carried.complete and Harbor.storage == 1000 and carried.issued == [], str(carried)
    assert upkeep.journal(plan.digest).count(b"\n") == 2 + len(plan.data["changes"])
    with pytest.raises(cache.Unapproved):
        upkeep.execute(plan, [approval])
    assert upkeep.plan(request(quota(registry, 1000))) is None


def test_all_of_it_can_be_awaited_and_a_secret_is_given_once(registry: cache.Registry) -> None:
    scope: cache.Scope = {"project": {"registry": registry["host"], "name": "p"}}
    grants = [{"resource": "repository", "action": "pull"}]
    account: cache.CreateAccount = {"kind": "create-account", "scope": scope, "name": "ci", "grants": grants, "days": 30}

    async def main() -> None:
        upkeep = administrator(registry)
        assert len(await upkeep.ask_async({"kind": "projects"})) == 1
        plan = await upkeep.plan_async(request(account))
        assert plan is not None
        carried = await upkeep.execute_async(plan, [plan.approve_by_callback(lambda asked: YES)])
        assert carried and carried.complete and carried.receipt, carried.receipt.render()
        assert carried.issued == [("robot$p+ci", "given-once")], carried.receipt.render()
        assert "given-once" not in repr(carried) + str(carried) + carried.receipt.json.decode()

    asyncio.run(main())


def test_schema_of_every_action(registry: cache.Registry) -> None:
    schema = json.loads((ROOT / "docs" / "schema" / "plan-v1.json").read_text(encoding="utf-8"))
    valid = jsonschema.Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/action"})
    hook: cache.SetAutomation = {
        "kind": "set-automation",
        "automation": "webhook",
        "scope": {"registry": "r"},
        "name": "h",
    }
    source: cache.BuildSource = {"path": "a.tar.gz", "digest": "sha256:" + "0" * 64, "size": 1}
    build: cache.Build = {"kind": "build", "source": source, "to": "r.test/a:1", "settings": None}
    for action in (hook, build):
        valid.validate(action)


def run(registry: cache.Registry, *more: str) -> tuple[int, str]:
    Path("registry.json").write_text(json.dumps(registry), encoding="utf-8")
    command = [sys.executable, str(EXAMPLE), "--registry", "registry.json", "--ledger", "ledger", *more]
    done = subprocess.run(
        command, env=dict(os.environ), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_the_example(registry: cache.Registry) -> None:
    code, said = run(registry, "--ask", '{"kind": "projects"}')
    assert code == 0 and json.loads(said)[0]["name"] == "p"
    change = ["--do", json.dumps(quota(registry, 2000))]
    code, said = run(registry, *change)
    assert code == 3 and "now: {\"storage\":-1}" in said, said
    digest = said.split()[-1]
    code, said = run(registry, *change, "--approve", digest)
    assert code == 0 and Harbor.storage == 2000, said
    assert run(registry, *change) == (0, "All of it is so already.\n")


def test_people_are_asked(registry: cache.Registry, chat: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, seen = chat
    made = cache.Administrator(
        {"registry": registry, "environment": "prod", "ledger": "ledger", "approval": {"accept": ["webhook"]}}
    )
    scope: cache.Scope = {"project": {"registry": registry["host"], "name": "p"}}
    wish: cache.Wish = {"action": {"kind": "set-policy", "policy": "quota", "scope": scope, "to": {"storage": 1000}}}
    plan = made.plan({"requester": "ci", "what": "a quota", "wishes": [wish]})
    assert plan is not None
    desk = cache.AnswerDesk({"people": {"slack:U1": "alice"}, "slackSecret": SECRET})

    async def ask() -> list[cache.Approval]:
        asking = asyncio.ensure_future(
            made.ask_people_async(plan, desk, {"ask": [{"kind": "slack", "url": url}], "giveUpAfterSeconds": 30})
        )
        message = await asyncio.to_thread(seen.get)
        assert "Upkeep of prod" in json.dumps(message)
        assert desk.slack(*press(asked(message)))["status"] == 200
        return await asking

    approvals = asyncio.run(ask())
    assert made.execute(plan, approvals).complete and Harbor.storage == 1000
    with pytest.raises(cache.Unapproved, match="nobody answered"):
        made.ask_people(plan, desk, {"ask": [{"kind": "slack", "url": url}], "giveUpAfterSeconds": 1})
