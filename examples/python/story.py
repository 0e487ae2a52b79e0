#!/usr/bin/env python3
"""Tells the story of an image: who built, signed, scanned, approved and promoted it, and what of that is proved.

    python story.py docker://HOST/prod/app:v1 [--key KEY.pub ...] [--page FILE.html]

Without a key nobody's word counts, and all of it is told as claims.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cache_guardian as cache


def main() -> int:
    parser = argparse.ArgumentParser(description="Tells the story of an image.")
    parser.add_argument("image")
    parser.add_argument("--key", action="append", default=[], help="the public key of somebody whose word counts")
    parser.add_argument("--page", type=Path, help="the file for the story as a page")
    asked = parser.parse_args()

    keys: list[cache.TrustedKey] = [{"name": key, "path": key} for key in asked.key]
    story = cache.tell_story({"image": asked.image, "trustedKeys": keys})
    if asked.page:
        asked.page.write_text(story.html(), encoding="utf-8")
    print(story.markdown(), end="")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except cache.CacheError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
