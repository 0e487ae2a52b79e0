"""Registries and their upkeep."""

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

from .approve import ApprovalPolicy
from .path import StrPath
from .registry import Network, Registry

Policy = Literal["retention", "soft-delete", "immutability", "scanning", "access", "quota", "admin-user"]


class _Administrator(TypedDict):
    registry: Registry
    environment: str


class AdministratorConfig(_Administrator, total=False):
    """One registry, one environment. ``ledger`` is where used approvals are remembered: a folder, or ``s3://``, ``gs://`` or
    ``az://`` where several machines execute plans; without one, the user's own folder."""

    approval: ApprovalPolicy
    network: Network
    ledger: StrPath
    clock: str


class PinnedImage(TypedDict):
    """An image by its digest."""

    repository: str
    digest: str


class Project(TypedDict):
    """A project of a registry, or what else it divides its repositories into."""

    registry: str
    name: str


class Scope(TypedDict, total=False):
    """What a policy or an account is for: exactly one of these."""

    registry: str
    project: Project
    repository: str


class CreateRepository(TypedDict):
    """Creates a repository with these settings."""

    kind: Literal["create-repository"]
    repository: str
    settings: Any


class _SetPolicy(TypedDict):
    kind: Literal["set-policy"]
    policy: Policy
    scope: Scope


class SetPolicy(_SetPolicy, total=False):
    """Puts a policy in the place of what is there; without ``to`` it is removed."""

    to: Any


class StartScan(TypedDict):
    """Lets the registry's own scanner look at an image."""

    kind: Literal["start-scan"]
    image: PinnedImage


_Import = TypedDict("_Import", {"kind": Literal["import"], "from": PinnedImage, "to": str})


class Import(_Import, total=False):
    """Lets the registry fetch an image from elsewhere; ``follow`` is the tag that it fetches again and again."""

    follow: str


class SetLock(TypedDict):
    """Locks a tag, an image or a repository, or unlocks it."""

    kind: Literal["set-lock"]
    of: str
    delete: bool
    write: bool


class SetProperties(TypedDict):
    """Sets properties of an image; others stay."""

    kind: Literal["set-properties"]
    image: str
    properties: dict[str, list[str]]


class _CreateAccount(TypedDict):
    kind: Literal["create-account"]
    scope: Scope
    name: str
    grants: Any


class CreateAccount(_CreateAccount, total=False):
    """Creates an account for a machine; without ``days`` for ever."""

    days: int


class DeleteAccount(TypedDict):
    """Deletes such an account."""

    kind: Literal["delete-account"]
    scope: Scope
    name: str


class _SetAutomation(TypedDict):
    kind: Literal["set-automation"]
    automation: Literal["webhook", "task"]
    scope: Scope
    name: str


class SetAutomation(_SetAutomation, total=False):
    """Puts something that the registry does by itself in the place of what is there; without ``to`` it is removed."""

    to: Any


class BuildSource(TypedDict):
    """An archive of what an image is built from, by the digest and the size of its bytes."""

    path: StrPath
    digest: str
    size: int


class Build(TypedDict):
    """Lets the registry build an image."""

    kind: Literal["build"]
    source: BuildSource
    to: str
    settings: Any


Action = Union[
    CreateRepository,
    SetPolicy,
    StartScan,
    Import,
    SetLock,
    SetProperties,
    CreateAccount,
    DeleteAccount,
    SetAutomation,
    Build,
]


class _TagWish(TypedDict):
    image: PinnedImage
    tag: str


class TagWish(_TagWish, total=False):
    """A tag names this image."""

    moveTag: bool


class _DeleteWish(TypedDict):
    image: PinnedImage


class DeleteWish(_DeleteWish, total=False):
    """An image is deleted; one that has tags only ``withTags``."""

    withTags: bool


class _BuildWish(TypedDict):
    source: StrPath
    to: str


class BuildWish(_BuildWish, total=False):
    """The registry builds an image from an archive (``.tar.gz``), as it is now."""

    settings: Any


class Wish(TypedDict, total=False):
    """One thing to be done: exactly one of these. ``untag`` names a tag, which goes while the image stays."""

    action: Action
    build: BuildWish
    tag: TagWish
    untag: str
    delete: DeleteWish


class _UpkeepRequest(TypedDict):
    requester: str
    what: str
    wishes: list[Wish]


class UpkeepRequest(_UpkeepRequest, total=False):
    """What somebody wants done, in this order; ``what`` says it in a few words."""

    reason: str


class _Question(TypedDict):
    kind: Literal[
        "projects",
        "repositories",
        "repository",
        "images",
        "image",
        "tags",
        "tags-of",
        "findings",
        "room",
        "locks",
        "properties",
        "quota",
        "accounts",
        "layers",
        "settings",
        "storage",
        "configuration",
        "search",
        "log",
        "standing",
    ]


class Question(_Question, total=False):
    """What a registry can be asked; docs/adapters.md says which answers what, and what the kind wants said."""

    project: str
    repository: str
    image: Union[PinnedImage, str]
    of: str
    key: str
    query: str
    run: str
    action: Action
