"""The notebook that a newcomer opens does what it says, and is kept without what it printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import ROOT, Prepare
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import cache_guardian as cache

NOTEBOOK = ROOT / "examples" / "python" / "promotion.ipynb"


def opened() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def run(answer: str) -> Any:
    """Runs the notebook in this folder, with another cell of parameters."""
    notebook = opened()
    cell(notebook, "answer").source = answer
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(Path.cwd())}}).execute()
    return notebook


def cell(notebook: Any, name: str) -> Any:
    return next(one for one in notebook.cells if one.id == name)


def page(notebook: Any, name: str) -> str:
    [output] = cell(notebook, name).outputs
    html: str = output.data["text/html"]
    return html


def test_the_notebook_shows_the_plan_executes_it_and_tells_the_story(
    prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = prepare("promote-signed")["promoter"]["policy"]
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(Path.cwd() / "state"))
    with pytest.raises(CellExecutionError, match="nothing is executed"):
        run('approver = "alice"\nwords = "00000000"')
    assert not list(Path("target").glob("index.json"))

    config: cache.PromoterConfig = {
        "source": "oci:source",
        "target": "oci:target",
        "environment": "staging",
        "policy": "policy.yaml",
        "trustedKeys": [{"name": "release", "path": "keys/release.pub"}],
    }
    wanted: cache.Request = {"from": "oci:source:v1", "to": "oci:target:v1", "requester": "notebook"}
    plan = cache.Promoter(config).plan(wanted).plan
    assert plan is not None
    done = run(f'approver = "alice"\nwords = "{plan.digest.removeprefix("sha256:")[:8]}"')
    assert plan.digest in page(done, "plan")
    assert "complete" in cell(done, "execution").outputs[0].text
    assert "Signed by key release" in page(done, "story")


def test_the_notebook_is_kept_without_outputs() -> None:
    notebook = opened()
    nbformat.validate(notebook)
    code = [one for one in notebook.cells if one.cell_type == "code"]
    assert all(one.outputs == [] and one.execution_count is None for one in code)
    assert cell(notebook, "answer").source == 'approver = ""\nwords = ""'
