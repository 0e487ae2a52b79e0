"""One exception for each kind of error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from cache_guardian import errors
from conftest import Prepare


def test_every_kind_has_its_class_and_no_class_is_left_over() -> None:
    kinds = cache.error_kinds()
    assert [cls.kind for cls in cache.CacheError.__subclasses__()] == kinds
    for kind in kinds:
        error = errors.make(kind, "message", "hint", {"key": "value"}, ["cause"])
        assert (error.kind, str(error), error.hint) == (kind, "message", "hint")
        assert error.context == {"key": "value"}
        assert error.causes == ["cause"]
        assert getattr(cache, type(error).__name__) is type(error)


def test_an_error_of_the_core_says_where_and_what_to_do(prepare: Prepare) -> None:
    scenario = prepare("conflict")
    with pytest.raises(cache.Conflict) as caught:
        cache.Promoter(scenario["promoter"]).plan(scenario["request"])
    assert caught.value.kind == "CONFLICT"
    assert caught.value.context["target"] == "oci:target"
    assert caught.value.hint is not None


def test_a_field_that_is_not_known_is_named() -> None:
    with pytest.raises(cache.Invalid, match="polcy"):
        cache.Promoter({"source": "oci:a", "target": "oci:b", "environment": "e", "polcy": ""})  # type: ignore[typeddict-unknown-key]


def test_what_is_wrong_has_its_place_and_is_said_in_words() -> None:
    config: Any = {"source": "oci:a", "target": "oci:b", "environment": "e", "approval": {"approvers": ["alice"]}}
    with pytest.raises(cache.Invalid) as caught:
        cache.Promoter(config)
    told = "the configuration is not valid: approval.approvers[0]: expected an object, not text"
    assert told in str(caught.value)


def test_what_is_not_plain_data_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        cache.Promoter(object())  # type: ignore[arg-type]


def test_a_private_key_is_in_no_message() -> None:
    secret = "c2VjcmV0"
    config: cache.PromoterConfig = {
        "source": "oci:a",
        "target": "oci:b",
        "environment": "e",
        "signer": {"name": "k", "pem": f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n"},
    }
    with pytest.raises(cache.CacheError) as caught:
        cache.Promoter(config)
    assert secret not in f"{caught.value!r} {caught.value.causes} {caught.value.context}"


def test_paths_are_paths_and_hints_are_notes(tmp_path: Path, prepare: Prepare) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("scan_policy: {}\n", encoding="utf-8")
    config: Any = {"source": "oci:a", "target": "oci:b", "environment": "e", "policy": policy, "ledger": tmp_path}
    cache.Promoter(config)
    scenario = prepare("conflict")
    with pytest.raises(cache.Conflict) as caught:
        cache.Promoter(scenario["promoter"]).plan(scenario["request"])
    if sys.version_info >= (3, 11):
        assert caught.value.__notes__ == [caught.value.hint]
