"""What the documentation shows works, and what it points to is there."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare

SKIPPED = {"target", "node_modules"}
PAGES = [page for page in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(page.relative_to(ROOT).parts)]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings, and those that are written out."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} is not there"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{link} names no heading"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "yaml")], ids=lambda page: page.name)
def test_policies_are_read(page: Path, prepare: Prepare) -> None:
    prepare("promote-signed")
    for policy in blocks(page, "yaml"):
        config: cache.PromoterConfig = {"source": "oci:source", "target": "oci:target", "environment": "staging"}
        try:
            cache.Promoter({**config, "policy": policy})
        except cache.Invalid as error:
            # Read, and found to lack what no page of documentation can have.
            assert "trusted root" in str(error), f"{policy}\n{error}"


def test_registries_are_looked_at_as_shown(prepare: Prepare) -> None:
    prepare("promote-signed")
    Path("images").symlink_to("source")
    for block in blocks(ROOT / "docs" / "registries.md", "python"):
        exec(block, {"cache": cache})


def test_the_first_promotion_of_the_readme_is_approved_at_a_terminal(prepare: Prepare) -> None:
    policy = prepare("promote-signed")["promoter"]["policy"]
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    Path("dev").symlink_to("source")
    Path("release.pub").symlink_to("keys/release.pub")
    [program] = blocks(ROOT / "cache-py" / "README.md", "python")
    # The image of the scenario has no SBOM and no report, which the strict default would demand.
    program = program.replace('"trustedKeys"', '"policy": "policy.yaml", "trustedKeys"')
    ours, theirs = pty.openpty()
    environment = {**os.environ, "XDG_STATE_HOME": str(Path.cwd() / "state")}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = ""
        while not shown.endswith(": "):
            shown += os.read(ours, 4096).decode()
        wanted = re.search(r"Type ([0-9a-f]+) to approve", shown)
        assert wanted, shown
        os.write(ours, wanted[1].encode() + b"\n")
        assert process.wait(timeout=60) == 0, shown
    assert cache.Registries().digest("oci:staging:v1") == cache.Registries().digest("oci:dev:v1")
