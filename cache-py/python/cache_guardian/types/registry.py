"""Registries, how they are reached, and what they say of images."""

from __future__ import annotations

from typing import Literal, Optional, TypedDict

from .path import StrPath


class Pem(TypedDict, total=False):
    """A certificate or key in PEM: the text itself, or the path of a file with it."""

    pem: str
    path: StrPath


class ClientCertificate(TypedDict):
    """A certificate with those that lead to its authority, and its private key."""

    certificate: Pem
    key: Pem


class Network(TypedDict, total=False):
    """How registries are reached. ``proxy`` is ``environment`` (the default), ``none`` or ``http://user:password@host:port``;
    ``authorities`` are trusted beside the machine's; no other server than a registry is shown ``clientCertificate``."""

    proxy: str
    authorities: list[Pem]
    clientCertificate: ClientCertificate


class RegistryLogin(TypedDict, total=False):
    """A ``user`` with a password, or a token alone; either may be in a variable of the environment."""

    user: str
    password: str
    passwordEnv: str
    token: str
    tokenEnv: str


class _Host(TypedDict):
    host: str


class Patience(TypedDict, total=False):
    """How long a registry is waited for, where not as usual: how often a request is tried in all, the first and the longest pause
    between two tries, and how long a connection, the beginning of an answer, and more of a stream may take."""

    attempts: int
    firstPauseSeconds: int
    longestPauseSeconds: int
    connectSeconds: int
    answerSeconds: int
    idleSeconds: int


class Registry(_Host, total=False):
    """A registry and its system, and how one logs in there; without a login, docker's and podman's files say it. ``plainHttp`` says
    whether it is spoken to over plain HTTP, which else is so on this machine only. ``trustedRealms`` are hosts that may be sent the
    login when the registry names them for its tokens; with ``anonymousReads`` it is read without a login where the login is
    rejected, with ``foreignUploads`` blobs go to another origin that it names, without the login. ``profile``, ``account``,
    ``region`` and ``createOnPush`` are AWS's, ``resourceId`` is Azure's, ``key`` Artifactory's, ``context`` OpenShift's."""

    system: Literal["oci", "harbor", "ecr", "acr", "artifactory", "openshift"]
    login: RegistryLogin
    plainHttp: bool
    trustedRealms: list[str]
    anonymousReads: bool
    foreignUploads: bool
    patience: Patience
    api: str
    profile: str
    account: str
    region: str
    createOnPush: bool
    resourceId: str
    key: str
    context: str


class RegistriesConfig(TypedDict, total=False):
    """How registries are reached that are looked at."""

    registries: list[Registry]
    network: Network


class Login(TypedDict):
    """A login in the clear, as for ``docker login --password-stdin``."""

    user: str
    password: str


class _Described(TypedDict):
    mediaType: str
    digest: str
    size: int


class Descriptor(_Described, total=False):
    """What names a manifest or a blob (OCI image specification, ``descriptor.md``)."""

    artifactType: str
    annotations: dict[str, str]


class InspectedLayer(TypedDict):
    """One layer of an :class:`Inspection`; its size is in bytes, compressed."""

    MIMEType: str
    Digest: str
    Size: int
    Annotations: Optional[dict[str, str]]


class _Inspected(TypedDict):
    Digest: str
    RepoTags: list[str]
    Created: Optional[str]
    DockerVersion: str
    Labels: Optional[dict[str, str]]
    Architecture: str
    Os: str
    Layers: list[str]
    LayersData: list[InspectedLayer]
    Env: Optional[list[str]]


class Inspection(_Inspected, total=False):
    """What an image is, under the names that ``skopeo inspect`` gives. ``Digest`` is of what the reference names: of the index,
    where it is one. Images of a registry have a ``Name``."""

    Name: str
