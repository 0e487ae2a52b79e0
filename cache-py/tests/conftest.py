"""What the tests share: a prepared folder, the scenarios, a chat in which people are asked, and Sigstore's services."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

import cache_guardian as cache

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "examples" / "scenarios"

Prepare = Callable[[str], dict[str, Any]]

# For a test whose function raises where only the core hears it: the traceback is printed, which pytest repeats as a warning.
raises_on_purpose = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Prepares a scenario in a folder of its own, goes there and returns it."""

    def go(name: str) -> dict[str, Any]:
        folder = tmp_path / name
        subprocess.run([os.environ["CACHE_MAKE_LAYOUT"], name, str(folder)], check=True)
        monkeypatch.chdir(folder)
        scenario: dict[str, Any] = json.loads((SCENARIOS / f"{name}.json").read_text(encoding="utf-8"))
        return scenario

    return go


AT = "2026-01-31T11:59:00Z"
YES: cache.Answer = {"decision": "approve", "approver": "alice"}


def ready(prepare: Prepare) -> tuple[cache.Promoter, cache.Plan, cache.Approval]:
    """A signed image that is about to be promoted, and alice's yes."""
    scenario = prepare("promote-signed")
    config: Any = {**scenario["promoter"], "approval": {}}
    promoter = cache.Promoter(config)
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    return promoter, plan, plan.approve_by_callback(lambda asked: YES, at=AT)


SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


def press(digest: str, action: str = "cache-approve", user: str = "U1") -> tuple[dict[str, str], bytes]:
    """The press of a button, as Slack sends and signs it."""
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "actions": [{"action_id": action, "value": digest}],
    }
    body = ("payload=" + urllib.parse.quote(json.dumps(payload))).encode()
    at = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}, body


@pytest.fixture
def chat() -> Iterator[tuple[str, Queue[dict[str, Any]]]]:
    """A local server that takes messages as Slack does, and what it was sent."""
    seen: Queue[dict[str, Any]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()
            seen.put(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", seen
        server.shutdown()


def asked(message: dict[str, Any]) -> str:
    """The plan that a message asks about: the value of its buttons."""
    actions = [block for block in message["blocks"] if block["type"] == "actions"]
    value: str = actions[0]["elements"][0]["value"]
    return value


Stated = dict[str, Any]
ALICE = "https://people.example.com/alice"


@pytest.fixture(scope="module")
def sigstore() -> Iterator[Stated]:
    """Services in a process of their own: what to trust, and where they are."""
    command = [os.environ["CACHE_SIGSTORE"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


def token(sigstore: Stated, subject: str, **claims: Any) -> str:
    """An identity token; the authority of the tests does not look at its signature."""
    said = {"iss": sigstore["issuer"], "sub": subject, "aud": "sigstore", "exp": int(time.time()) + 300, **claims}
    parts = (b'{"alg":"none"}', json.dumps(said).encode(), b"unsigned")
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
