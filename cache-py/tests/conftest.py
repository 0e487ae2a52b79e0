"""What the tests share: a prepared folder, and the scenarios."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "examples" / "scenarios"

Prepare = Callable[[str], dict[str, Any]]


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
