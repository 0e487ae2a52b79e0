"""The exceptions: one class for each kind of error of the core."""

from __future__ import annotations

from typing import ClassVar


class CacheError(Exception):
    """What went wrong, where, and what to do about it. A gate's "no" is never an exception: it is a verdict."""

    kind: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        context: dict[str, str] | None = None,
        causes: list[str] | None = None,
    ) -> None:
        super().__init__(message)
        self.hint = hint
        """What to do about it, where that is known."""
        self.context = context or {}
        """Where it happened."""
        self.causes = causes or []
        """The errors behind it, the nearest first."""
        # A traceback shows it, from Python 3.11 on.
        if hint is not None and hasattr(self, "add_note"):
            self.add_note(hint)


class Invalid(CacheError):
    """What the caller gave is malformed: a reference, a policy, a document."""

    kind = "INVALID"


class NotFound(CacheError):
    """The named thing is not there."""

    kind = "NOT_FOUND"


class Unauthenticated(CacheError):
    """Nobody is logged in, or the credentials were refused."""

    kind = "UNAUTHENTICATED"


class Denied(CacheError):
    """The credentials are good but may not do this."""

    kind = "DENIED"


class Conflict(CacheError):
    """The world is not as the plan expected it."""

    kind = "CONFLICT"


class Untrusted(CacheError):
    """Bytes, a signature or a digest did not verify."""

    kind = "UNTRUSTED"


class Unapproved(CacheError):
    """No sufficient approval by a human."""

    kind = "UNAPPROVED"


class Unsupported(CacheError):
    """This system cannot do that."""

    kind = "UNSUPPORTED"


class RateLimited(CacheError):
    """The server asks to slow down, and went on asking."""

    kind = "RATE_LIMITED"


class Unavailable(CacheError):
    """The server or the network failed; trying again later may help."""

    kind = "UNAVAILABLE"


class Unexpected(CacheError):
    """Anything else, such as a failing disk."""

    kind = "UNEXPECTED"


_BY_KIND: dict[str, type[CacheError]] = {cls.kind: cls for cls in CacheError.__subclasses__()}


def make(kind: str, message: str, hint: str | None, context: dict[str, str], causes: list[str]) -> CacheError:
    """The exception of a kind; called by the native half."""
    return _BY_KIND[kind](message, hint=hint, context=context, causes=causes)
