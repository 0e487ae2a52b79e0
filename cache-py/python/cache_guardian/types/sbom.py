"""SBOMs: how they are made, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Optional, TypedDict, Union

from .path import StrPath
from .registry import Network, Registry


class CatalogLimits(TypedDict, total=False):
    """How much Cache's own generator reads of a layer or a folder, where not as usual: how many files, folders and links, how many
    bytes unpacked, of one file, of a path, how many folders in a path, how many bytes are kept of what the files say, and how many
    times larger than packed. Beyond it, reading ends in an error."""

    entries: int
    bytes: int
    file: int
    path: int
    depth: int
    kept: int
    ratio: int


class GenerateRequest(TypedDict, total=False):
    """What an SBOM is to be made of: an ``image`` or a ``folder``, ``without`` some paths below it. ``platform`` (``linux/amd64``)
    picks one of several, and an image that is there alone has to be for it; ``layerCache`` is the folder where Cache's own
    generator keeps what it finds in layers; ``program`` is where the program is if another generator is asked; ``clock`` (RFC
    3339) is the time in the document."""

    image: str
    platform: str
    folder: StrPath
    generator: Literal["cache", "syft", "trivy"]
    program: StrPath
    layerCache: StrPath
    without: Sequence[StrPath]
    limits: CatalogLimits
    clock: str
    registries: list[Registry]
    network: Network


class LayerBegun(TypedDict):
    """A layer is about to be read; ``known`` where it is not, because what it says was kept from an earlier run."""

    kind: Literal["layer"]
    digest: str
    size: int
    known: bool


class BytesRead(TypedDict):
    """More bytes of a layer were read, ``read`` since the last time."""

    kind: Literal["bytes"]
    digest: str
    read: int


class PackagesFound(TypedDict):
    """All layers are read."""

    kind: Literal["packages"]
    count: int


GenerateProgress = Union[LayerBegun, BytesRead, PackagesFound]


class _Listed(TypedDict):
    id: str
    name: str
    licenses: list[str]


class ListedPackage(_Listed, total=False):
    """A package of an SBOM in short."""

    version: str
    purl: str


class SbomQuery(TypedDict, total=False):
    """Which packages are wanted. A ``*`` stands for any text, and case does not matter."""

    name: str
    purl: str
    type: str
    license: str


class SbomCount(TypedDict):
    """What is in an SBOM, counted."""

    packages: int
    files: int
    relationships: int
    findings: int
    byType: dict[str, int]
    withoutPurl: int


class LicenseHistogram(TypedDict):
    """How many packages have which licence."""

    stated: dict[str, int]
    identifiers: dict[str, int]
    notUnderstood: dict[str, int]
    without: int


class SbomStep(TypedDict):
    """One step of a way to a package."""

    id: str
    name: str
    version: Optional[str]
    link: Optional[Literal["depends-on", "contains", "describes"]]


class SbomPaths(TypedDict):
    """The ways that lead to a package, the shortest first; ``more`` where there are others beside these."""

    found: int
    paths: list[list[SbomStep]]
    more: bool


class _VersionChange(TypedDict):
    name: str
    before: Optional[str]
    after: Optional[str]


class VersionChange(_VersionChange, total=False):
    """A package that has another version; ``purl`` is without it."""

    purl: str


class _LicenseChange(TypedDict):
    name: str
    version: Optional[str]
    before: list[str]
    after: list[str]


class LicenseChange(_LicenseChange, total=False):
    """A package that has another licence."""

    purl: str


class SbomDiff(TypedDict):
    """What changed from one SBOM to another."""

    added: list[ListedPackage]
    removed: list[ListedPackage]
    versions: list[VersionChange]
    licenses: list[LicenseChange]
    unchanged: int


class Lacking(TypedDict):
    """A package that lacks something."""

    id: str
    name: str


class ElementShare(TypedDict):
    """One of the minimum elements: who has it."""

    element: Literal["supplier", "name", "version", "unique-identifier", "relationship", "author", "timestamp"]
    have: int
    of: int
    lacking: list[Lacking]


class SbomScore(TypedDict):
    """How much of the NTIA's minimum elements an SBOM has."""

    complete: bool
    percent: int
    packages: int
    elements: list[ElementShare]


class SbomFinding(TypedDict):
    """Something that is wrong with an SBOM, or that a format cannot say."""

    code: str
    position: str
    message: str
