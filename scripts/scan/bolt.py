"""Writes bbolt files (go.etcd.io/bbolt, `internal/common`): dictionaries within dictionaries become buckets within buckets."""

from __future__ import annotations

import struct

PAGE = 4096
BRANCH, LEAF, META, FREELIST = 1, 2, 4, 0x10


def write(path: str, root: dict) -> None:
    """`root` holds buckets; in a bucket, bytes are values and dictionaries are buckets."""
    pages = Pages()
    top = _tree(root, pages)
    freelist = pages.add(FREELIST, 0, b"")
    with open(path, "wb") as out:
        for number in range(2):
            meta = struct.pack("<IIIIQQQQQ", 0xED0CDAED, 2, PAGE, 0, top, 0, freelist, pages.next, number)
            meta += struct.pack("<Q", _fnv(meta))
            out.write(_page(number, META, 0, meta))
        out.write(b"".join(pages.written))


class Pages:
    """The pages behind the two descriptions."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.next = 2

    def add(self, kind: int, count: int, content: bytes) -> int:
        number, page = self.next, _page(self.next, kind, count, content)
        self.written.append(page)
        self.next += len(page) // PAGE
        return number


def _tree(bucket: dict, pages: Pages) -> int:
    """Adds the pages of a bucket, and gives the number of its first."""
    items = []
    for key in sorted(bucket, key=lambda name: name.encode()):
        value = bucket[key]
        if isinstance(value, dict):
            items.append((1, key.encode(), _small(value) or struct.pack("<QQ", _tree(value, pages), 0)))
        else:
            items.append((0, key.encode(), value))
    parts = _parts(items, lambda item: len(item[1]) + len(item[2]))
    level = [(part[0][1] if part else b"", pages.add(LEAF, len(part), _leaf(part))) for part in parts]
    while len(level) > 1:
        parts = _parts(level, lambda item: len(item[0]))
        level = [(part[0][0], pages.add(BRANCH, len(part), _branch(part))) for part in parts]
    return level[0][1]


def _small(bucket: dict) -> bytes | None:
    """A small bucket of values alone has its page in the place of the page's number."""
    items = [(0, key.encode(), bucket[key]) for key in sorted(bucket, key=lambda name: name.encode())]
    if any(isinstance(value, dict) for _, _, value in items):
        return None
    page = struct.pack("<QHHI", 0, LEAF, len(items), 0) + _leaf(items)
    return struct.pack("<QQ", 0, 0) + page if len(page) <= PAGE // 4 else None


def _parts(items: list, size) -> list[list]:
    """As many as have room in a page; what is larger has pages of its own."""
    parts: list[list] = [[]]
    room = PAGE - 16
    for item in items:
        need = 16 + size(item)
        if parts[-1] and need > room:
            parts.append([])
            room = PAGE - 16
        parts[-1].append(item)
        room -= need
    return parts


def _leaf(items: list) -> bytes:
    heads, data = b"", b""
    for at, (flags, key, value) in enumerate(items):
        # A place is counted from its own element.
        heads += struct.pack("<IIII", flags, 16 * (len(items) - at) + len(data), len(key), len(value))
        data += key + value
    return heads + data


def _branch(items: list) -> bytes:
    heads, data = b"", b""
    for at, (key, child) in enumerate(items):
        heads += struct.pack("<IIQ", 16 * (len(items) - at) + len(data), len(key), child)
        data += key
    return heads + data


def _page(number: int, kind: int, count: int, content: bytes) -> bytes:
    size = -(-(16 + len(content)) // PAGE) * PAGE
    return (struct.pack("<QHHI", number, kind, count, size // PAGE - 1) + content).ljust(size, b"\0")


def _fnv(content: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
