"""Keys, signers, whose signatures count, and what verifies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, Optional, TypedDict, Union

from .gate import Attached, Pinned, Problem
from .path import StrPath
from .registry import Network, Registry


class _Named(TypedDict):
    name: str


KeyKind = Literal["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"]
Form = Literal["bundle", "cosign-tag"]


class Key(_Named, total=False):
    """A key in PEM: the text itself, or where it is, a path or ``env://NAME``. ``password`` is that of an encrypted private
    key, ``passwordEnv`` the variable of the environment that holds it."""

    pem: str
    path: StrPath
    password: str
    passwordEnv: str


class KeyPair(TypedDict):
    """A new key in PEM."""

    private: str
    public: str


class Identity(TypedDict, total=False):
    """A keyless signer: one subject with one issuer, each exactly or as a pattern for the whole of it."""

    subject: str
    subjectRegexp: str
    issuer: str
    issuerRegexp: str
    noIssuer: bool
    claims: dict[str, str]
    claimsRegexp: dict[str, str]


class Demands(TypedDict, total=False):
    """What has to come with a keyless signature. By default one log, and a certificate that is in a log."""

    logs: int
    timestamps: int
    certificateLog: bool
    shown: Literal["by-proof", "by-proof-where-possible", "by-promise"]


class Window(TypedDict, total=False):
    """A period of time in RFC 3339; both ends belong to it."""

    start: str
    end: str


class KeyDemands(TypedDict, total=False):
    """What has to come with the signatures of a key. All of it needs a trusted root."""

    valid: Window
    logs: int
    timestamps: int


class TrustedKey(_Named, total=False):
    """A public key that is trusted, in PEM: the text itself, or where it is, a path or ``env://NAME``."""

    pem: str
    path: StrPath
    demands: KeyDemands


class _SignersNamed(TypedDict):
    name: str
    identities: list[Identity]


class Signers(_SignersNamed, total=False):
    """Keyless signers under one name, each as good as another."""

    demands: Demands


class Log(TypedDict):
    """A transparency log, and which version of Rekor's interface it speaks."""

    url: str
    version: Literal[1, 2]


class Services(TypedDict, total=False):
    """The services that confirm signatures: a signing configuration or a trust configuration of Sigstore (its JSON, or a path),
    or addresses, all of which are used. ``trustedRoot`` is what their answers are checked against; without it, that of the trust
    configuration or of the promoter. ``certificateLog`` is ``False`` for an authority of one's own that uses none."""

    signingConfig: StrPath
    trustConfig: StrPath
    fulcio: str
    rekor: list[Log]
    tsa: list[str]
    trustedRoot: StrPath
    certificateLog: bool
    network: Network


class SignerKey(Key, total=False):
    """A private key that signs. With ``services`` its signatures are in logs and have a proven time; for logs that keep hashes an
    Ed25519 key has to be ``prehashed``. With the ``publicKey`` (PEM, or where it is) plans need no private key."""

    publicKey: StrPath
    prehashed: bool
    services: Services


class _Program(TypedDict):
    program: StrPath


class SignerProgram(_Program, total=False):
    """A program that signs with a key that it has; docs/signing.md says what it is asked."""

    name: str
    arguments: list[str]
    publicKey: StrPath
    services: Services


class TokenFile(TypedDict):
    """A file with an identity token, which somebody keeps fresh."""

    file: StrPath


class TokenVariable(TypedDict):
    """A variable of the environment with an identity token."""

    env: str


class TokenText(TypedDict):
    """An identity token."""

    token: str


TokenFrom = Union[
    Literal["ambient", "github-actions", "gitlab", "callback"], TokenFile, TokenVariable, TokenText
]
Token = Callable[[str], Union[str, Awaitable[str]]]


class _Keyless(TypedDict):
    keyless: TokenFrom
    services: Services


class KeylessSigner(_Keyless, total=False):
    """A signer without a key of its own. ``keyless`` says where identity tokens come from: ``ambient`` is the job that this process
    runs in, ``callback`` the function ``token``. Without ``subject`` and ``issuer`` it is the one whom the token is for."""

    subject: str
    issuer: str


class NamedSigner(TypedDict, total=False):
    """Somebody who signs elsewhere, for those who only plan: a ``name`` with a ``publicKey`` (PEM, or where it is) or the
    ``fingerprint`` of the key, or the ``subject`` and the ``issuer`` of a keyless signer."""

    name: str
    publicKey: StrPath
    fingerprint: str
    subject: str
    issuer: str


Signer = Union[SignerKey, SignerProgram, KeylessSigner, NamedSigner]


class _Image(TypedDict):
    image: str


class VerifyRequest(_Image, total=False):
    """An image, and whose signatures count. ``attestation`` asks for one of this type, by name or URI, in the place of a
    signature."""

    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: StrPath
    attestation: str
    registries: list[Registry]
    network: Network


class _Tuf(TypedDict):
    url: str
    root: StrPath


class TufRequest(_Tuf, total=False):
    """A TUF repository with a trusted root, and the TUF root that is trusted to begin with (its JSON, or a path). ``folder`` remembers
    what was seen, so that nothing older is accepted later, and has the newest ``trusted_root.json``."""

    folder: StrPath
    network: Network
    clock: str


class Verified(TypedDict):
    """What is attached to an image and verifies, and in ``problems`` what does not. The value of a signature has its
    ``annotations``, that of a statement its ``predicateType`` and ``predicate``. What is about a platform says so in ``about``."""

    image: Pinned
    signatures: list[Attached]
    statements: list[Attached]
    problems: list[Problem]


class _Bundle(TypedDict):
    bundle: StrPath


class VerifyFileRequest(_Bundle, total=False):
    """A file, or its SHA-256 as ``digest``, and the ``bundle`` that signs it: its JSON, or its path. ``trustedKeys`` and
    ``trustedSigners`` are whose signatures count."""

    file: StrPath
    digest: str
    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: StrPath


class VerifiedFile(TypedDict):
    """Who signed a file, as whose signature that counts, and since when it is proven to exist: in RFC 3339, ``None`` where nobody asks
    for a proof."""

    digest: str
    by: dict[str, Any]
    accepted: list[str]
    provenAt: Optional[str]
