"""Whatever a call is given that it cannot take, it raises an exception, and never panics."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import Prepare
from test_sign import SPDX

WRONG: list[Any] = [None, 5, object(), b"bytes", [object()], {"a": object()}, "\ud800"]


def instances(scenario: dict[str, Any]) -> list[Any]:
    """One of each class that can be made without a network."""
    promoter = cache.Promoter(scenario["promoter"])
    outlook = promoter.plan(scenario["request"])
    assert outlook.plan is not None
    approval = cache.Approval.from_json(Path("approval.json").read_bytes())
    retention: cache.RetentionConfig = {
        "repositories": ["oci:source"],
        "environment": "dev",
        "policy": "retention_policy:\n  dev: {max_age_days: 0}\n",
        "ledger": "ledger",
        "restore": "restore",
    }
    return [
        promoter,
        outlook,
        outlook.plan,
        approval,
        promoter.execute(outlook.plan, [approval]),
        cache.Administrator({"registry": {"host": "registry.test"}, "environment": "prod", "ledger": "ledger"}),
        cache.AnswerDesk({"people": {"slack:U1": "alice"}, "slackSecret": "secret"}),
        cache.Registries(),
        cache.Retention(retention),
        cache.Sbom.parse(json.dumps(SPDX).encode()),
        cache.assess([]),
        cache.tell_story({"image": "oci:source:v1"}),
    ]


def calls(owners: list[Any]) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, value in vars(cache).items():
        if inspect.isbuiltin(value):
            yield name, value
        elif inspect.isclass(value) and value.__module__ == "cache_guardian":
            yield name, value
            owners = [*owners, value]
    for owner in owners:
        of = owner if inspect.isclass(owner) else type(owner)
        for name, member in vars(of).items():
            # A static method is called on its class, any other on an instance.
            here = isinstance(member, staticmethod) == (of is owner)
            if here and not name.startswith("_") and callable(getattr(owner, name)):
                yield f"{of.__name__}.{name}", getattr(owner, name)


def needed(call: Callable[..., object]) -> int:
    """How many arguments it has to be given; one more than it takes where it is none."""
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        return 1
    positional = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return max(1, sum(one.kind in positional and one.default is one.empty for one in parameters))


def test_every_call_raises_what_is_no_panic(prepare: Prepare) -> None:
    tried = 0
    for name, call in calls(instances(prepare("promote-signed"))):
        for wrong in WRONG:
            if (name, wrong) == ("Registries", None):
                continue
            # A panic is no Exception.
            with pytest.raises(Exception):
                call(*[wrong] * needed(call))
                pytest.fail(f"{name} took {wrong!r}", pytrace=False)
            tried += 1
    assert tried > 700, tried


def test_too_many_arguments_are_a_type_error(prepare: Prepare) -> None:
    for name, call in calls(instances(prepare("promote-signed"))):
        with pytest.raises(TypeError):
            call(*[None] * 9)
            pytest.fail(name)


def test_bytes_are_no_text_anywhere_in_plain_data() -> None:
    class BytesPath:
        def __fspath__(self) -> bytes:
            return b"policy.yaml"

    for policy in (b"scan_policy: {}", BytesPath()):
        config: Any = {"source": "oci:a", "target": "oci:b", "environment": "e", "policy": policy}
        with pytest.raises(TypeError, match="decode them"):
            cache.Promoter(config)
    round_about: Any = {}
    round_about["signer"] = round_about
    with pytest.raises(ValueError, match="Circular"):
        cache.Promoter(round_about)


def test_numbers_that_would_not_arrive_as_they_are_name_their_place() -> None:
    wrong: dict[str, list[float]] = {
        "NaN and infinity are no JSON": [float("nan"), float("inf"), -float("inf")],
        "a whole number has more than 64 bits": [2**64, -(2**63) - 1, 2**70, 10**400, 10**5000],
    }
    for why, numbers in wrong.items():
        for number in numbers:
            odd: Any = {"list": [1, (0.5, number)]}
            config: cache.PromoterConfig = {"source": "oci:a", "target": "oci:b", "environment": "e", "network": odd}
            with pytest.raises(cache.Invalid, match=re.escape(f"{why} (at: network.list[1][1])")) as caught:
                cache.Promoter(config)
            assert (caught.value.hint, caught.value.context) == ("write it as a text", {"at": "network.list[1][1]"})


def test_a_path_is_no_image_and_an_empty_one_is_named_by_its_field() -> None:
    for image in ("/work/lay", "./lay:v1", "~/lay", "C:\\lay"):
        with pytest.raises(cache.Invalid, match=re.escape("image: a path names no image")) as caught:
            cache.Sbom.generate({"image": image})
        assert "oci:PATH" in str(caught.value)
    with pytest.raises(cache.Invalid, match="folder: a path is not empty"):
        cache.Sbom.generate({"folder": ""})
    with pytest.raises(cache.Invalid, match="the policy is empty"):
        cache.check_policy("")


def test_what_cannot_be_called_is_found_before_the_work_begins(prepare: Prepare) -> None:
    scenario = prepare("promote-signed")
    promoter = cache.Promoter(scenario["promoter"])
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    approvals = [cache.Approval.from_json(Path("approval.json").read_bytes())]
    wrong: Any = 5
    with pytest.raises(TypeError, match="progress is not callable"):
        promoter.execute(plan, approvals, progress=wrong)
    with pytest.raises(TypeError, match="progress is not callable"):
        cache.Sbom.generate({"folder": "."}, progress=wrong)
    assert not Path("ledger/journal").exists()
