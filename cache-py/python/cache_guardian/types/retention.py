"""Retention."""

from __future__ import annotations

from typing import Any, Literal, Optional, TypedDict, Union

from .approve import ApprovalPolicy
from .path import StrPath
from .registry import Network, Registry

Untag = Literal["alone", "alone-but-last", "never", "with-manifest"]
Vendor = Literal["ecr", "harbor", "acr"]


class DeployedImage(TypedDict, total=False):
    """An image that is deployed: its reference, the digest that runs, or both; and who uses it, for people."""

    image: str
    digest: str
    usedBy: str


class Inventory(TypedDict):
    """What is deployed in one place. ``version`` is 1; it is believed only where it is ``complete`` and fresh; ``taken`` is in
    RFC 3339."""

    version: int
    source: str
    taken: str
    complete: bool
    images: list[DeployedImage]


class _Cluster(TypedDict):
    name: str


class KubernetesCluster(_Cluster, total=False):
    """A cluster that is asked: by a kubeconfig, or from within where none is named. ``lists`` are further lists of its API with
    pod templates, such as ``apis/argoproj.io/v1alpha1/rollouts``."""

    kubeconfig: StrPath
    context: str
    lists: list[str]


class KubernetesDocuments(TypedDict):
    """What ``kubectl get -o json`` printed, all of it; ``taken`` is when the first was asked for."""

    source: str
    taken: str
    documents: list[dict[str, Any]]


class InventorySource(TypedDict, total=False):
    """What tells what is deployed: exactly one of these."""

    file: StrPath
    inventory: Inventory
    kubernetes: KubernetesCluster
    kubernetesDocuments: KubernetesDocuments


class Mirror(TypedDict):
    """The beginning of names at a mirror, and what stands there in the registry itself."""

    mirror: str
    of: str


class _Retention(TypedDict):
    repositories: list[str]
    environment: str
    policy: StrPath


class RetentionConfig(_Retention, total=False):
    """The repositories of one environment in one registry, and what of them is kept: by the ``retention_policy`` of the policy,
    which is YAML or the path of a file. ``restore`` is the folder of restore files; without it, ``cache/restore`` beside the user's
    own ledger."""

    registries: list[Registry]
    inventories: list[InventorySource]
    mirrors: list[Mirror]
    untag: Untag
    concurrency: int
    maxRequests: int
    approval: ApprovalPolicy
    trustedRoot: StrPath
    network: Network
    ledger: StrPath
    restore: StrPath
    clock: str


class _Asked(TypedDict):
    requester: str


class RetentionRequest(_Asked, total=False):
    """Who wants to have repositories cleaned up, and why."""

    reason: str


class _Restore(TypedDict):
    file: StrPath
    requester: str


class RestoreRequest(_Restore, total=False):
    """What somebody wants back: all that the restore file has, or only these manifests with what belongs to them."""

    only: list[str]
    reason: str


class Requests(TypedDict):
    """How many requests were sent, and how many it will be at least."""

    sent: int
    estimated: int


class Why(TypedDict):
    """A reason: a stable code, and words."""

    code: str
    message: str


class TagDecision(TypedDict):
    """What becomes of a tag."""

    tag: str
    fate: Literal["keep", "delete"]
    why: Why


class ManifestDecision(TypedDict):
    """What becomes of a manifest."""

    digest: str
    kind: Literal["image", "child", "attachment", "left-over"]
    fate: Literal["keep", "delete"]
    why: list[Why]
    tags: list[TagDecision]


class RepositoryDecision(TypedDict):
    """What becomes of the content of a repository."""

    repository: str
    manifests: list[ManifestDecision]
    notes: list[str]


class Totals(TypedDict):
    """How much stays and goes."""

    imagesKept: int
    imagesDeleted: int
    manifestsDeleted: int
    tagsDeleted: int


class Storage(TypedDict):
    """What is set free: blobs and bytes, each counted once, of all bytes that were looked at."""

    blobs: int
    bytes: int
    of: int


class InventoryNote(TypedDict):
    """An inventory that was relied on."""

    source: str
    taken: str
    images: int
    digest: str


class ProposalData(TypedDict):
    """What becomes of everything, and why."""

    state: Literal["ready", "refused", "nothing"]
    refusals: list[str]
    totals: Totals
    frees: Storage
    requests: Requests
    executionRequests: int
    inventories: list[InventoryNote]
    repositories: list[RepositoryDecision]


class _ListedImage(TypedDict):
    digest: str


class ListedImage(_ListedImage, total=False):
    """An image as a registry lists it; times are in RFC 3339."""

    tags: list[str]
    pushed: str
    pulled: str
    children: list[str]
    locked: bool
    untagged: str
    deleted: str


class _Simulate(TypedDict):
    vendor: Vendor
    policy: str


class SimulateRequest(_Simulate, total=False):
    """A policy of a registry, and a listing to try it on: what the registry answered, or images read by the caller."""

    listing: Any
    images: list[ListedImage]
    repository: str
    clock: str


class DoomedImage(TypedDict):
    """An image that a registry would delete, and why."""

    digest: str
    tags: list[str]
    why: str


class TranslateRequest(TypedDict):
    """The rules of an environment that are to be said in the words of a registry."""

    vendor: Union[Vendor, Literal["openshift"]]
    policy: StrPath
    environment: str


class Translation(TypedDict):
    """The document, where there is one, and what it does not say."""

    document: Optional[dict[str, Any]]
    unsaid: list[str]
