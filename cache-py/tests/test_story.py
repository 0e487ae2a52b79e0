"""The story of an image."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare

SCHEMA = json.loads((ROOT / "docs" / "schema" / "story-v1.json").read_text(encoding="utf-8"))


def promoted(prepare: Prepare) -> cache.StoryRequest:
    """An image that was promoted, with a record."""
    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"])
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    approval = cache.Approval.from_json(Path("approval.json").read_bytes())
    assert promoter.execute(plan, [approval]).complete
    return {"image": scenario["request"]["to"], "trustedKeys": scenario["promoter"]["trustedKeys"]}


def test_a_story_is_told(prepare: Prepare) -> None:
    request = promoted(prepare)
    story = cache.tell_story(request)
    jsonschema.Draft202012Validator(SCHEMA).validate(story.data)
    kinds = [event["kind"] for event in story.data["events"]]
    assert "signed" in kinds, story.markdown()
    assert f"# The story of {request['image']}" in story.markdown()
    assert repr(story).startswith("<Story of ")
    assert story.html().startswith("<!doctype html>")
    assert story._repr_html_().startswith("<iframe sandbox srcdoc=")


def test_where_it_runs_is_told(prepare: Prepare) -> None:
    request = promoted(prepare)
    digest = cache.tell_story(request).data["image"]["digest"]
    request["deployments"] = [
        {"digest": digest, "place": "shop/web", "since": "2026-02-01T00:00:00Z"},
        {"digest": "sha256:" + "0" * 64, "place": "shop/other"},
    ]
    story = asyncio.run(told(request))
    runs = [event["title"] for event in story.data["events"] if event["kind"] == "deployed"]
    assert runs == ["Runs in shop/web"]


async def told(request: cache.StoryRequest) -> cache.Story:
    return await cache.tell_story_async(request)


def test_without_anybody_trusted_nothing_is_verified(prepare: Prepare) -> None:
    story = cache.tell_story({"image": promoted(prepare)["image"]})
    assert all(event["standing"]["kind"] == "claimed" for event in story.data["events"])
    assert story.data["problems"]


def test_errors_are_told_by_kind(prepare: Prepare) -> None:
    prepare("promote-signed")
    with pytest.raises(cache.NotFound):
        cache.tell_story({"image": "oci:source:v9"})
    with pytest.raises(cache.Invalid):
        cache.tell_story({"image": "oci:source:v1", "deployments": [{"digest": "x", "place": "y"}]})


def test_the_example_tells_it(prepare: Prepare) -> None:
    image = promoted(prepare)["image"]
    given = [str(ROOT / "examples" / "python" / "story.py"), image, "--key", "keys/release.pub", "--page", "story.html"]
    told = subprocess.run([sys.executable, *given], capture_output=True, text=True, timeout=60, encoding="utf-8")
    assert told.returncode == 0 and told.stdout.startswith(f"# The story of {image}"), told.stdout + told.stderr
    assert Path("story.html").read_text(encoding="utf-8").startswith("<!doctype html>")
