"""Samples: the records and files that every tool is given, the same for all."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def vocabulary(words: int = 8000, seed: int = 7) -> list[str]:
    """Invent words of three to ten letters."""
    source = random.Random(seed)
    return ["".join(source.choices(_ALPHABET, k=source.randint(3, 10))) for _ in range(words)]


def text_record(number: int, words: list[str], seed: int = 0) -> dict[str, object]:
    """Make one record of about 1.9 KB: ids, flags, and three texts of random words."""
    source = random.Random(seed * 1_000_003 + number)
    return {
        "id": f"{number:024x}",
        "name": " ".join(source.choices(words, k=6)),
        "desc": " ".join(source.choices(words, k=220)),
        "note": " ".join(source.choices(words, k=12)),
        "idList": f"{number % 97:024x}",
        "idMembers": [f"{source.randrange(50):024x}" for _ in range(2)],
        "closed": number % 11 == 0,
        "pos": number * 16384,
        "due": f"2026-{1 + number % 12:02d}-{1 + number % 28:02d}T12:00:00.000Z",
        "url": f"https://app.invalid/c/{number:x}",
    }


def text_records(count: int, seed: int = 0) -> Iterator[dict[str, object]]:
    """Make `count` of them."""
    words = vocabulary()
    for number in range(count):
        yield text_record(number, words, seed)


def write_records(folder: Path, records: Iterator[dict[str, object]]) -> int:
    """Write one JSON file a record, a hundred folders; return the bytes written."""
    total = 0
    for number, record in enumerate(records):
        parent = folder / f"{number % 100:02d}"
        parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps(record, separators=(",", ":")).encode()
        (parent / f"{record['id']}.json").write_bytes(data)
        total += len(data)
    return total


def board_records(board: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Split a Trello board export into (kind, record), as files for the peers."""
    for kind in ("cards", "actions", "lists", "labels", "checklists", "members", "memberships", "customFields"):
        for record in board.get(kind) or []:  # type: ignore[attr-defined]
            yield kind, record
    yield "board", {key: value for key, value in board.items() if not isinstance(value, list)}


def write_files(folder: Path, total_bytes: int, seed: int = 3) -> int:
    """Write mixed files as people attach them: text, compressed pictures, archives, some large; return the bytes."""
    source = random.Random(seed)
    words = vocabulary()
    folder.mkdir(parents=True, exist_ok=True)
    written = number = 0
    while written < total_bytes:
        size = min(int(source.lognormvariate(12.2, 1.6)), 64 * 1024 * 1024, total_bytes - written + 1)
        if number % 3 == 0:
            paragraph = " ".join(source.choices(words, k=4000)).encode()
            data = b"".join(source.sample([paragraph[i : i + 512] for i in range(0, len(paragraph), 512)], k=40))
            data = (data * (size // len(data) + 1))[:size] if size < 100_000 else _text(source, words, size)
        else:
            data = source.randbytes(size)
        (folder / f"file-{number:05d}").write_bytes(data)
        written += len(data)
        number += 1
    return written


def _text(source: random.Random, words: list[str], size: int) -> bytes:
    parts: list[bytes] = []
    length = 0
    while length < size:
        part = " ".join(source.choices(words, k=20_000)).encode()
        parts.append(part)
        length += len(part)
    return b"".join(parts)[:size]
