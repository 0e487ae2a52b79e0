"""The example that a newcomer reads does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ROOT, Prepare

EXAMPLE = ROOT / "examples" / "python" / "promote.py"


def promote(*more: str) -> tuple[int, str]:
    given = ["--from", "oci:source", "--to", "oci:target", "--tag", "v1", "--key", "keys/release.pub"]
    command = [sys.executable, str(EXAMPLE), *given, "--environment", "staging", *more]
    environment = {**os.environ, "XDG_STATE_HOME": str(Path.cwd() / "state")}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr


def test_the_example_promotes_on_an_approval_and_not_without(prepare: Prepare) -> None:
    policy = prepare("promote-signed")["promoter"]["policy"]
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    code, shown = promote("--policy", "policy.yaml")
    assert code == 3 and "Plan sha256:" in shown, shown
    digest = shown.rsplit("--approve ", 1)[1].strip()
    assert promote("--policy", "policy.yaml", "--approve", "sha256:" + "0" * 64)[0] == 3
    code, shown = promote("--policy", "policy.yaml", "--approve", digest)
    assert code == 0 and "complete" in shown, shown
    code, shown = promote("--policy", "policy.yaml")
    assert code == 0 and "Already so" in shown, shown


def test_the_example_says_why_an_image_is_refused(prepare: Prepare) -> None:
    prepare("promote-unsigned-blocked")
    code, shown = promote()
    assert code == 2 and "signature: fail" in shown, shown
    assert promote("--policy", "no-such-file.yaml")[0] == 1
