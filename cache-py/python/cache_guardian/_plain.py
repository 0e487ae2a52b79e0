"""Plain data on its way to the native half."""

from __future__ import annotations

import json
import os
from typing import Any


def dumps(data: object) -> str:
    """The data as JSON, in which paths are texts; called by the native half."""
    return json.dumps(data, default=_path)


def _path(value: Any) -> str:
    # What is no path is a TypeError by itself.
    path = os.fspath(value)
    if isinstance(path, str):
        return path
    raise TypeError("bytes are no plain data: decode them, or name the file")
