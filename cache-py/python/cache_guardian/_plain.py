"""Plain data on its way to the native half."""

from __future__ import annotations

import json
import math
import os
import re
from typing import Any

from .errors import Invalid

# Whole numbers of more than 64 bits have so many digits, and so has much else.
_LONG = re.compile(r"\d{19}")


def dumps(data: object) -> str:
    """The data as JSON, in which paths are texts; called by the native half."""
    try:
        text = json.dumps(data, default=_path, allow_nan=False)
    except ValueError:
        _check(data, "", ())
        raise
    if _LONG.search(text):
        _check(data, "", ())
    return text


def _path(value: Any) -> str:
    # What is no path is a TypeError by itself.
    path = os.fspath(value)
    if isinstance(path, str):
        return path
    raise TypeError("bytes are no plain data: decode them, or name the file")


def _check(value: object, at: str, around: tuple[int, ...]) -> None:
    """Refuses numbers that would not arrive as they are. What contains itself is refused by the writer of JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        raise _refused("NaN and infinity are no JSON", at)
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise _refused("a whole number has more than 64 bits", at)
    if id(value) in around:
        return
    around = (*around, id(value))
    if isinstance(value, dict):
        for name, inner in value.items():
            _check(inner, f"{at}.{name}" if at else str(name), around)
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            _check(inner, f"{at}[{number}]", around)


def _refused(why: str, at: str) -> Invalid:
    return Invalid(f"{why} (at: {at})", hint="write it as a text", context={"at": at})
