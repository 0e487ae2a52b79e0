"""Reports that are assessed, and policies that are checked."""

from __future__ import annotations

from typing import Literal, TypedDict

from .gate import Verdict
from .path import StrPath


class AssessRequest(TypedDict, total=False):
    """By which rules reports are assessed, and what they are about. ``policy`` is YAML or the path of a file, ``gates`` are
    verdicts of other gates that are to stand in the same report."""

    image: str
    policy: StrPath
    environment: str
    clock: str
    gates: list["Verdict"]


ReportFormat = Literal["json", "sarif", "junit", "gitlab", "cyclonedx", "table", "markdown", "html"]


class CheckedPolicy(TypedDict):
    """What a policy file is about: the digest by which plans name it, the gates of each environment with a section of its own, the
    environments with rules of retention and of approval, and the names of its keyless signers."""

    digest: str
    gates: dict[str, list[str]]
    retention: list[str]
    approval: list[str]
    signers: list[str]
