"""What is published is signed by Cache itself, with an SBOM of the sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cache_guardian as cache
from conftest import ROOT


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="the sources are not a checkout, whose SBOM could be made")
def test_what_is_published_is_signed_and_another_file_is_found_out(tmp_path: Path) -> None:
    key = cache.generate_key("p256", "correct horse")
    (tmp_path / "release.pub").write_text(key["public"], encoding="utf-8")
    files = [tmp_path / "cache.whl", tmp_path / "cache.tgz"]
    for file in files:
        file.write_text(f"the content of {file.name}", encoding="utf-8")

    def release(what: str, *more: str) -> tuple[int, str]:
        command = [sys.executable, str(ROOT / "scripts" / "release.py"), what, "artifact", *map(str, files), *more]
        environment = {**os.environ, "RELEASE_KEY": key["private"], "COSIGN_PASSWORD": "correct horse"}
        environment["XDG_STATE_HOME"] = str(tmp_path / "state")
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    code, shown = release("sign", "--key", "env://RELEASE_KEY", "--approver", "alice")
    assert code == 0 and "complete" in shown, shown
    sbom = cache.Sbom.parse((tmp_path / "cache.cdx.json").read_bytes())
    assert sbom.find({"purl": "pkg:cargo/rustls"}) and sbom.find({"purl": "pkg:npm/typescript"})
    assert json.loads((tmp_path / "cache.spdx.json").read_bytes())["spdxVersion"] == "SPDX-2.3"
    code, shown = release("verify", "--key", "release.pub")
    assert code == 0 and shown.count("signed") == 2, shown
    files[1].write_text("another content", encoding="utf-8")
    code, shown = release("verify", "--key", "release.pub")
    assert code == 1 and "cache.tgz: not the file that was signed" in shown, shown
