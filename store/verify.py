"""Verify: checks what Holdfast claims, for whoever does not trust it. This one file is all that is needed.

Python 3.11 and `cryptography`, no network, no account, nothing else of Holdfast. Copy it, read it, run it:

    python verify.py --key VKEY checkpoint FILE                  a log's signed head
    python verify.py --key VKEY proof FILE [--manifest FILE]     a snapshot (.tlog-proof) is in the log
    python verify.py --key VKEY grew OLD NEW (--proof F|--log D) history before OLD was not rewritten
    python verify.py --key VKEY contradiction A B [--log FOLDER] two signed heads cannot both be true
    python verify.py --key VKEY disclosure FILE [--object FILE]  one record, an absence, a manifest, a pack
    python verify.py --key VKEY records PROOF FILE               every record of a snapshot, and their order
    python verify.py --key VKEY log FOLDER [--since CHECKPOINT]  a whole log: every entry, every tile
    python verify.py --key VKEY bucket FOLDER [--since CHECKPOINT] [--witness VKEY…]   a copy of the bucket: nothing
                                                                 missing or altered, and witnesses saw it grow

VKEY is the log's verification key, got from somewhere else than the data; repeat --key after a rotation. Prints one
line. Exit code 0: proven; 1: not proven; 2: the command or a file is wrong.

Formats: c2sp.org/signed-note, tlog-checkpoint, tlog-proof, tlog-tiles; RFC 6962 with the checks of RFC 9162. What no
proof here covers: whether the app's answers were captured truthfully in the first place.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH_BYTES = 32
TILE = 256
SIGNS, COSIGNS = b"\1", b"\4"
YEAR_10000 = 253_402_300_800
PROVEN, NOT_PROVEN, MISTAKEN = 0, 1, 2


class UnprovenError(Exception):
    """What was to be shown is not shown; the message says what is wrong."""


def need(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise unless something holds."""
    if not holds:
        raise UnprovenError(otherwise)


# --- RFC 6962 ---------------------------------------------------------------------------------------------------------


def leaf(entry: bytes) -> bytes:
    """Hash an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return hashlib.sha256(b"\1" + left + right).digest()


def levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Roots of all perfect subtrees, a level at a time: the leaves first."""
    found = [leaves]
    while len(found[-1]) > 1:
        below = found[-1]
        found.append([parent(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])
    return found


def root_of(subtrees: list[list[bytes]], size: int) -> bytes:
    """Root of the first `size` leaves."""
    if not size:
        return hashlib.sha256(b"").digest()
    found = None
    for level in range(size.bit_length()):
        if size >> level & 1:
            left = subtrees[level][(size >> level) - 1]
            found = left if found is None else parent(left, found)
    return found or b""


def check_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2."""
    need(type(index) is int and 0 <= index < size, f"there is no leaf {index} in a tree of {size}")
    at, last, found = index, size - 1, leaf_hash
    for sibling in path:
        need(last > 0, "an inclusion proof that is too long")
        if at & 1 or at == last:
            found = parent(sibling, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = parent(found, sibling)
        at, last = at >> 1, last >> 1
    need(last == 0 and found == root, f"leaf {index} is not in the tree of {size}")


def check_consistency(old: "Checkpoint", new: "Checkpoint", path: Sequence[bytes]) -> None:
    """RFC 9162 section 2.1.4.2."""
    wrong = f"history was rewritten: {new.size} entries do not begin with the {old.size} signed before; keep both notes"
    need(old.size <= new.size, "the older checkpoint has more entries than the newer one")
    if old.size == new.size:
        need(not path and old.root == new.root, wrong)
        return
    whole = [old.root, *path] if old.size & (old.size - 1) == 0 else list(path)
    need(bool(whole), "a consistency proof without hashes")
    at, last = old.size - 1, new.size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = whole[0]
    for sibling in whole[1:]:
        need(last > 0, "a consistency proof that is too long")
        if at & 1 or at == last:
            before, after = parent(sibling, before), parent(sibling, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = parent(after, sibling)
        at, last = at >> 1, last >> 1
    need(last == 0 and before == old.root and after == new.root, wrong)


# --- Notes, checkpoints, proofs ---------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A verification key: its name, key ID and 32 bytes."""

    name: str
    key_id: bytes
    public: bytes


class Checkpoint(NamedTuple):
    """A log's head, its signature checked."""

    origin: str
    size: int
    root: bytes


class Proven(NamedTuple):
    """An entry of a log, its path to the signed root checked."""

    entry: dict[str, Any]
    number: int
    head: Checkpoint


def from_base64(text: str) -> bytes:
    """Read base64 in its one spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnprovenError("bytes that are not base64") from None
    need(base64.b64encode(data).decode() == text, "base64 with bits to spare")
    return data


def from_hex(text: object, prefix: str = "") -> bytes:
    """Read 32 bytes in lower-case hex."""
    need(isinstance(text, str) and text.startswith(prefix), "a digest of another kind")
    digits = str(text).removeprefix(prefix)
    need(len(digits) == 2 * HASH_BYTES and not digits.strip("0123456789abcdef"), "a digest that is not one")
    return bytes.fromhex(digits)


def number(text: str) -> int:
    """Read a whole number in its one spelling."""
    need(text.isascii() and text.isdigit() and len(text) < 20 and str(int(text)) == text, "not a number")  # noqa: PLR2004
    return int(text)


def read_key(vkey: str, kind: bytes = SIGNS) -> Key:
    """Read `<name>+<key ID>+<base64 of type and key>`."""
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    typed = from_base64(encoded)
    need(typed[:1] == kind and len(typed) == 1 + HASH_BYTES, "a verification key of another kind")
    own = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    need(bool(name) and not any(map(str.isspace, name)) and own.hex() == key_id, "a key ID that is not the key's own")
    return Key(name, own, typed[1:])


def open_note(data: bytes, keys: Sequence[Key]) -> tuple[str, set[str]]:
    """Return a signed note's text, and which keys' names signed it."""
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise UnprovenError("a note that is not UTF-8") from None
    need(all(character >= " " or character == "\n" for character in whole), "a note with control characters")
    text, gap, signatures = whole.rpartition("\n\n")
    need(bool(gap) and signatures.endswith("\n"), "not a signed note")
    signed: set[str] = set()
    for line in signatures[:-1].split("\n"):
        mark, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        signature = from_base64(encoded)
        need(mark == "\u2014" and bool(name) and "+" not in name and len(signature) > 4, "not a signature line")  # noqa: PLR2004
        need(not any(map(str.isspace, name)), "a signer's name with spaces")
        for key in keys:
            if (key.name, key.key_id) == (name, signature[:4]):
                try:
                    Ed25519PublicKey.from_public_bytes(key.public).verify(signature[4:], (text + "\n").encode())
                except (InvalidSignature, ValueError):
                    raise UnprovenError(f"the signature of {name} does not fit") from None
                signed.add(name)
    need(bool(signed), "no known key signed this")
    return text + "\n", signed


def cosigned_at(data: bytes, witness: Key) -> int | None:
    """When a witness cosigned a checkpoint (c2sp.org/tlog-cosignature), in seconds; None where it has not."""
    text, _, signatures = data.decode().rpartition("\n\n")
    for line in signatures[:-1].split("\n"):
        _, name, encoded = line.split(" ")
        key_id, stamped = (raw := from_base64(encoded))[:4], raw[4:]
        if (name, key_id) == (witness.name, witness.key_id):
            seconds = int.from_bytes(stamped[:8], "big")
            said = f"cosignature/v1\ntime {seconds}\n{text}\n".encode()
            try:
                Ed25519PublicKey.from_public_bytes(witness.public).verify(stamped[8:], said)
            except (InvalidSignature, ValueError):
                raise UnprovenError(f"the cosignature of {name} does not fit") from None
            need(seconds < YEAR_10000, "a cosignature of no time")
            return seconds
    return None


def open_checkpoint(data: bytes, keys: Sequence[Key]) -> Checkpoint:
    """Read a signed checkpoint: three lines, of a log with entries, signed by a key of the log's own name.

    A .tlog-proof will do: it ends in one.
    """
    if data.startswith(b"c2sp.org/tlog-proof@v1\n"):
        data = data.partition(b"\n\n")[2]
    text, signed = open_note(data, keys)
    lines = text.split("\n")
    need(len(lines) == 4 and not lines[3], "not a checkpoint of three lines")  # noqa: PLR2004 - and the last one's end
    head = Checkpoint(lines[0], number(lines[1]), from_base64(lines[2]))
    need(head.size > 0 and len(head.root) == HASH_BYTES, "a checkpoint of an empty log")
    need(head.origin in signed, "a checkpoint that the log itself has not signed")
    return head


def open_proof(data: bytes, keys: Sequence[Key], entry: bytes | None = None) -> Proven:
    """Check a .tlog-proof of an entry: the one given, or the one it carries as its extra line."""
    top, gap, note = data.partition(b"\n\n")
    need(bool(gap) and top.isascii(), "not a tlog-proof")
    lines = top.decode("ascii").split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        carried = from_base64(lines.pop(0).removeprefix("extra "))
        need(entry in (None, carried), "the proof carries another entry")
        entry = carried
    need(bool(lines) and lines[0].startswith("index ") and entry is not None, "a tlog-proof of nothing")
    index, path = number(lines[0].removeprefix("index ")), hashes(lines[1:])
    head = open_checkpoint(note, keys)
    check_inclusion(leaf(entry or b""), index, head.size, path, head.root)
    return Proven(read_entry(entry or b""), index, head)


def hashes(lines: Sequence[object]) -> list[bytes]:
    """Read base64 hashes."""
    found = [from_base64(str(line)) for line in lines]
    need(len(found) < 64 and all(len(one) == HASH_BYTES for one in found), "hashes that are none")  # noqa: PLR2004
    return found


def read_entry(data: bytes) -> dict[str, Any]:
    """Read a log entry's JSON. It was hashed before, so its spelling needs no check."""
    found = from_json(data)
    need(isinstance(found, dict) and found.get("v") == 1, "a log entry of another version")
    return dict(found)


def from_json(data: bytes) -> Any:
    """Read JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnprovenError("not JSON") from None


# --- What is disclosed of a snapshot ----------------------------------------------------------------------------------


def record_key(said: dict[str, Any]) -> bytes:
    """Where a record stands among the leaves."""
    parts = [said["workspace"], said["kind"], said["id"]]
    need(all(isinstance(part, str) and "\0" not in part for part in parts), "a record's key that is none")
    return "\0".join(parts).encode()


def check_disclosure(data: bytes, keys: Sequence[Key], given: bytes | None) -> str:
    """Check a disclosure: canonical JSON that says what it shows, and carries its snapshot's .tlog-proof."""
    said = from_json(data)
    need(isinstance(said, dict), "not a disclosure")
    try:
        again = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        need(again.encode() == data, "a disclosure in another spelling than the canonical one")
        is_receipt = said.get("format") == "holdfast receipt proof v1"
        proven = open_proof(said["entry" if is_receipt else "snapshot"].encode(), keys)
        need(is_receipt or proven.entry.get("kind") == "snapshot", "the log entry is not a snapshot's")
        shown = {
            "holdfast receipt proof v1": show_receipt,
            "holdfast record proof v1": show_record,
            "holdfast absence proof v1": show_absence,
            "holdfast statement proof v1": show_statement,
            "holdfast pack proof v1": show_pack,
        }
        need(said.get("format") in shown, "a disclosure of an unknown format")
        return f"{shown[said['format']](said, proven.entry, given)} {describe(proven)}"
    except (KeyError, TypeError, AttributeError, UnicodeEncodeError, RecursionError):
        raise UnprovenError("a disclosure with parts missing") from None


def show_record(said: dict[str, Any], entry: dict[str, Any], _: bytes | None) -> str:
    """One record, whole."""
    commitment = hashlib.sha256(from_hex(said["salt"]) + said["content"].encode()).digest()
    check_leaf({**said, "commitment": commitment.hex()}, entry["records"])
    return f"record {' '.join(record_key(said['key']).decode().split(chr(0)))} is in"


def show_absence(said: dict[str, Any], entry: dict[str, Any], _: bytes | None) -> str:
    """No record stands at a key: the leaves beside each other around it are told, without content."""
    key, before, after, count = record_key(said["key"]), said["before"], said["after"], entry["records"]["count"]
    for neighbour in (before, after):
        if neighbour is not None:
            check_leaf(neighbour, entry["records"])
    last = -1 if before is None else before["index"]
    first = count if after is None else after["index"]
    need(first == last + 1, "leaves that are not beside each other")
    need(before is None or record_key(before["key"]) < key, "the leaf before does not come before")
    need(after is None or key < record_key(after["key"]), "the leaf after does not come after")
    return f"no record {' '.join(key.decode().split(chr(0)))} is in"


def show_statement(said: dict[str, Any], entry: dict[str, Any], _: bytes | None) -> str:
    """The text of the manifest."""
    commitment = hashlib.sha256(from_hex(said["salt"]) + said["manifest"].encode()).digest()
    need(commitment == from_hex(entry["statement"], "sha256:"), "the snapshot stated something else")
    return "the manifest is the one of"


def show_receipt(said: dict[str, Any], entry: dict[str, Any], _: bytes | None) -> str:
    """Who did what the entry says, and why."""
    commitment = hashlib.sha256(from_hex(said["salt"]) + said["statement"].encode()).digest()
    need(commitment == from_hex(entry["statement"], "sha256:"), "the entry states something else")
    return f"{said['statement']} is what was stated for"


def show_pack(said: dict[str, Any], entry: dict[str, Any], given: bytes | None) -> str:
    """A pack is one that the snapshot needs; and the bytes given, if any, are it."""
    pack, objects = from_hex(said["pack"]), entry["objects"]
    check_inclusion(
        leaf(pack), said["index"], objects["count"], hashes(said["path"]), from_hex(objects["root"], "sha256:")
    )
    need(given is None or hashlib.sha256(given).digest() == pack, "the bytes given are not that pack's")
    return f"pack {pack.hex()[:16]}… is needed by"


def check_leaf(said: dict[str, Any], records: dict[str, Any]) -> None:
    """A leaf with this commitment stands at this key and place."""
    one = leaf(from_hex(said["commitment"]) + record_key(said["key"]))
    check_inclusion(one, said["index"], records["count"], hashes(said["path"]), from_hex(records["root"], "sha256:"))


def check_records(lines: Iterator[bytes], entry: dict[str, Any], audit_key: bytes | None) -> tuple[int, int]:
    """Every record of a snapshot, a line of JSON each, in key order, adds up to its audit root.

    Returns how many there are, and of how many only the place is shown, by the commitment to their content.
    """
    leaves: list[bytes] = []
    hidden, last = 0, b""
    for line in lines:
        said = from_json(line)
        try:
            key = record_key(said["key"])
            need(key > last, "records out of order, or one twice")
            if "content" in said:
                content_id = None if audit_key is None else from_hex(said["content_id"])
                salt = _salt(audit_key, key, content_id) if audit_key and content_id else from_hex(said["salt"])
                commitment = hashlib.sha256(salt + said["content"].encode()).digest()
            else:
                commitment, hidden = from_hex(said["commitment"]), hidden + 1
        except (KeyError, TypeError, AttributeError, UnicodeEncodeError):
            raise UnprovenError("a line that is not a record's") from None
        leaves.append(leaf(commitment + key))
        last = key
    need(len(leaves) == entry["records"]["count"], "not as many records as the snapshot has")
    found = root_of(levels(leaves), len(leaves))
    need(found == from_hex(entry["records"]["root"], "sha256:"), "the records are not those of the snapshot")
    return len(leaves), hidden


def _salt(audit_key: bytes, key: bytes, content_id: bytes) -> bytes:
    return hmac.digest(audit_key, key + content_id, "sha256")


def describe(proven: Proven) -> str:
    """Say which entry."""
    entry, head = proven.entry, proven.head
    if entry.get("kind") != "snapshot":
        what = f"{entry.get('kind')} {entry['key']}" if "key" in entry else entry.get("kind")
        return f"{what} of {entry.get('time')}, entry {proven.number} of {head.size} in {head.origin}"
    return (
        f"snapshot {entry.get('seq')} of {str(entry.get('source'))[:21]}… of {entry.get('time')}, "
        f"entry {proven.number} of {head.size} in {head.origin}"
    )


# --- A whole log, a whole bucket --------------------------------------------------------------------------------------


def place(index: int, width: int) -> str:
    """Name a tile: 1234067 is x001/x234/067, and one not full ends in its width."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts) + ("" if width == TILE else f".p/{width}")


def read_log(folder: Path, keys: Sequence[Key]) -> tuple[Checkpoint, list[bytes], list[list[bytes]]]:
    """Read every entry and tile under the checkpoint; each has to be what the signed root says."""
    head = open_checkpoint(read(folder / "checkpoint"), keys)
    tiles = folder / "tile"
    files = {file.relative_to(tiles).as_posix(): file for file in sorted(tiles.rglob("*")) if file.is_file()}

    def find(level: str, index: int, size: int) -> Path:
        names = [f"{level}/{place(index, width)}" for width in (min(size - index * TILE, TILE), TILE)]
        found = [files[name] for name in names if name in files]
        need(bool(found), f"tile {names[0]} is missing")
        return found[0]

    entries: list[bytes] = []
    for index in range(-(-head.size // TILE)):
        bundle = find("entries", index, head.size).read_bytes()
        for _ in range(min(head.size - index * TILE, TILE)):
            end = 2 + int.from_bytes(bundle[:2], "big")
            need(len(bundle) >= end >= 2, "a bundle of entries cut short")  # noqa: PLR2004
            entries.append(bundle[2:end])
            bundle = bundle[end:]
    subtrees = levels([leaf(entry) for entry in entries])
    need(root_of(subtrees, head.size) == head.root, "the entries are not those under the signed root")
    for level in range(0, len(subtrees), 8):
        for index in range(-(-len(subtrees[level]) // TILE)):
            find(str(level // 8), index, len(subtrees[level]))
    for name, file in files.items():
        check_tile(name, file.read_bytes(), entries, subtrees)
    return head, entries, subtrees


def check_tile(name: str, data: bytes, entries: list[bytes], subtrees: list[list[bytes]]) -> None:
    """A tile that is there, an outdated one too, is the log's. What it has beyond the head, nobody has signed yet."""
    named = re.fullmatch(r"(entries|\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", name, re.ASCII)
    need(named is not None, f"tile/{name} is no tile")
    level, digits, width = named.groups() if named else ("", "", "")
    first, count = int(re.sub(r"\D", "", digits)) * TILE, int(width or TILE)
    if level == "entries":
        known = [len(entry).to_bytes(2, "big") + entry for entry in entries[first : first + count]]
    else:
        height = 8 * int(level)
        known = subtrees[height][first : first + count] if height < len(subtrees) else []
    start = b"".join(known)
    need(data.startswith(start), f"tile/{name} is not the log's")
    need(len(known) < count or len(data) == len(start), f"tile/{name} is longer than it says")


def check_since(since: Path | None, keys: Sequence[Key], head: Checkpoint, subtrees: list[list[bytes]]) -> str:
    """The log begins with what a checkpoint saved earlier covers."""
    if since is None:
        return ""
    old = open_checkpoint(read(since), keys)
    need(old.origin == head.origin, "the saved checkpoint is another log's")
    need(old.size <= head.size, "the log has fewer entries than were signed before; keep both notes")
    rewritten = f"history was rewritten below the {old.size} entries signed before; keep both notes"
    need(root_of(subtrees, old.size) == old.root, rewritten)
    return f", none rewritten of the {old.size} signed before"


class Source:
    """The snapshots of one connection, followed through the log."""

    def __init__(self) -> None:
        self.seq = 0
        self.manifest: object = None
        self.root = ""
        self.packs: set[str] = set()


class Bucket:
    """A copy of a bucket, followed through the log: what every snapshot needs that was not given up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifests = {file.name: file for file in folder.glob("manifests/*/*") if file.is_file()}
        self.proofs = {file.name: file for file in folder.glob("proofs/*/*") if file.is_file()}
        self.lists = {file.name: file for file in folder.glob("objects/*/*") if file.is_file()}
        self.sources: dict[str, Source] = {}
        self.living: dict[tuple[str, int], frozenset[str]] = {}
        self.snapshots: dict[tuple[str, int], tuple[int, str]] = {}
        self.keys: list[Key] = []
        self.statements: list[str] = []
        self.given_up = 0
        self.erased = False

    def follow(self, number: int, entry: dict[str, Any]) -> None:
        """Take the next entry."""
        kind = entry.get("kind")
        if kind == "snapshot":
            self._snapshot(entry)
            self.snapshots[entry["source"], entry["seq"]] = (number, from_hex(entry["manifest"], "sha256:").hex())
        elif kind in ("genesis", "key_rotation"):
            self.keys.append(read_key(entry["key"]))
        elif kind == "expiry":
            self._expiry(entry)
        elif kind == "erasure" and entry["scope"] == "account":
            self.erased = True
            self.living.clear()
        if entry.get("replaced") is not None:
            self._replace(from_hex(entry["replaced"], "sha256:").hex())
        if "document" in entry:
            self.statements.append(from_hex(entry["document"], "sha256:").hex())

    def _snapshot(self, entry: dict[str, Any]) -> None:
        need(not self.erased, "a snapshot of an account that had been erased")
        source = self.sources.setdefault(entry["source"], Source())
        what = f"snapshot {entry['seq']} of {entry['source'][:21]}…"
        need(entry["seq"] == source.seq + 1, f"{what} follows snapshot {source.seq}: one is missing")
        need(entry["parent"] == source.manifest, f"{what} does not name the one before as its parent")
        if entry["objects"]["root"] != source.root:
            self._change(source, f"{entry['seq']:010d}-{from_hex(entry['objects']['root'], 'sha256:').hex()[:16]}")
        packs = sorted(source.packs)
        found = root_of(levels([leaf(bytes.fromhex(pack)) for pack in packs]), len(packs))
        need(found == from_hex(entry["objects"]["root"], "sha256:"), f"{what}: its list of packs is not the one signed")
        need(entry["objects"]["count"] == len(packs), f"{what}: its list of packs is not the one signed")
        source.seq, source.manifest, source.root = entry["seq"], entry["manifest"], entry["objects"]["root"]
        self.living[entry["source"], entry["seq"]] = frozenset(packs)

    def _expiry(self, entry: dict[str, Any]) -> None:
        newest = self.sources[entry["source"]].seq
        for first, last in entry["seqs"]:
            need(type(first) is int and type(last) is int and 0 < first <= last < newest, "an expiry of no snapshot")
            for seq in range(first, last + 1):
                need((entry["source"], seq) in self.living, f"snapshot {seq} is given up, and was given up before")
                del self.living[entry["source"], seq]
            self.given_up += last - first + 1

    def _change(self, source: Source, name: str) -> None:
        need(name in self.lists, f"the list of packs {name} is missing")
        heading, *lines = self.lists[name].read_bytes().decode("latin-1").split("\n")
        need(heading == "holdfast objects v1" and bool(lines) and not lines.pop(), f"list {name} is none")
        for line in lines:
            sign, pack = line[:2], line[2:]
            from_hex(pack)
            need(
                (sign == "+ " and pack not in source.packs) or (sign == "- " and pack in source.packs),
                f"list {name} is wrong",
            )
            (source.packs.add if sign == "+ " else source.packs.remove)(pack)

    def _replace(self, listed: str) -> None:
        """Packs were written anew without what nothing needs: what needed the old needs the new."""
        name = f"replaced-{listed[:16]}"
        need(name in self.lists and sha256_of(self.lists[name]) == listed, f"the list {name} is missing or altered")
        _, *lines = self.lists[name].read_text("ascii").splitlines()
        stands = dict(line.split(" ") for line in lines)
        for key, packs in self.living.items():
            if not packs.isdisjoint(stands):
                self.living[key] = frozenset({stands.get(pack, pack) for pack in packs} - {"-"})

    def check_snapshots(self, entries: list[bytes], subtrees: list[list[bytes]]) -> None:
        """Every living snapshot's manifest is there; and every manifest and proof that is there is unaltered.

        An old proof may be signed by a key that was retired; the log names them all, under its head's signature.
        """
        for key, (number, manifest) in self.snapshots.items():
            name = f"{key[1]:010d}-{manifest[:16]}"
            file, proof = self.manifests.get(name), self.proofs.get(f"{name}.tlog-proof")
            need(
                key not in self.living if file is None else sha256_of(file) == manifest,
                f"manifest {name} is missing or altered",
            )
            if proof is not None:
                proven = open_proof(proof.read_bytes(), self.keys, entries[number])
                head = proven.head
                same = head.size > len(entries) or head.root == root_of(subtrees, head.size)
                need(same and proven.number == number, f"the proof {name} is of another log; keep it")

    def check_told(self, log: Path, subtrees: list[list[bytes]]) -> dict[str, Path]:
        """Every head that a time-stamp authority or a witness was given is this log's; returns the newest by witness.

        `openssl ts -verify` checks the authority's tokens.
        """
        newest: dict[str, Path] = {}
        for file in [one.with_suffix("") for one in log.glob("timestamps/*.tsr")] + sorted(log.glob("cosigned/*")):
            head = open_checkpoint(read(file), self.keys)
            size, _, witness = file.name.partition("-")
            need(size == f"{head.size:010d}", f"the head {file.name} is another one")
            cut = "cut back, or copied while it grew; keep both notes"
            need(head.size <= len(subtrees[0]), f"the log has fewer entries than the head {file.name}: {cut}")
            same = head.root == root_of(subtrees, head.size)
            need(same, f"history was rewritten below the {head.size} entries of {file.name}; keep both notes")
            newest[witness] = file
        return newest

    def check(self) -> tuple[int, int]:
        """Every statement and living pack is there, unaltered; returns how many packs, and their length."""
        for document in [] if self.erased else self.statements:
            found = sorted(self.folder.glob(f"statements/*/{document[:16]}"))
            need(bool(found) and sha256_of(found[0]) == document, f"statement {document[:16]} is missing or altered")
        packs = frozenset[str]().union(*self.living.values())
        size_bytes = 0
        for pack in sorted(packs):
            file = self.folder / "packs" / pack[:2] / pack
            need(file.is_file(), f"pack {pack} is missing")
            need(sha256_of(file) == pack, f"pack {pack} is altered")
            size_bytes += file.stat().st_size
        return len(packs), size_bytes


def check_witnessed(newest: dict[str, Path], witnesses: Sequence[Key]) -> str:
    """Each witness has cosigned a head of this log; returns up to where, and when, in words."""
    told = ""
    for witness in witnesses:
        file = newest.get(witness.key_id.hex())
        seconds = cosigned_at(read(file), witness) if file else None
        if file is None or seconds is None:
            raise UnprovenError(f"{witness.name} has cosigned no head of this log")
        at = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told += f", {witness.name} saw the first {int(file.name.partition('-')[0])} at {at}"
    return told


def check_bucket(
    folder: Path, keys: Sequence[Key], since: Path | None, account: str | None, witnesses: Sequence[Key] = ()
) -> str:
    """Everything that needs no key, of one account."""
    logs = [log for log in sorted(folder.glob("logs/*")) if account in (None, log.name)]
    need(len(logs) == 1, f"{len(logs)} logs in this bucket: name one by --account")
    head, entries, subtrees = read_log(logs[0], keys)
    kept = check_since(since, keys, head, subtrees)
    bucket = Bucket(folder)
    try:
        for number, entry in enumerate(entries):
            bucket.follow(number, read_entry(entry))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UnprovenError("a log entry with parts missing") from None
    bucket.check_snapshots(entries, subtrees)
    kept += check_witnessed(bucket.check_told(logs[0], subtrees), witnesses)
    count, size_bytes = bucket.check()
    if bucket.erased:
        return f"{head.origin}: {head.size} entries{kept}; the account was erased, and nothing of it is needed any more"
    given_up = f" ({bucket.given_up} more were given up)" if bucket.given_up else ""
    needed = f"{len(bucket.living)} snapshots{given_up} need {count} packs of {size_bytes} bytes"
    return f"{head.origin}: {head.size} entries{kept}; {needed}, all there and unaltered"


def sha256_of(file: Path) -> str:
    """Hash a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


# --- The command ------------------------------------------------------------------------------------------------------


def read(file: Path) -> bytes:
    """Read a file; a missing one is not proven, but named."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise UnprovenError(f"{file.name} is missing") from None


def run(asked: argparse.Namespace) -> str:
    """Do what was asked; return what is proven."""
    commands = {
        "checkpoint": run_checkpoint,
        "proof": run_proof,
        "grew": run_grew,
        "contradiction": run_contradiction,
        "disclosure": run_disclosure,
        "records": run_records,
        "log": run_log,
        "bucket": run_bucket,
    }
    return commands[asked.command](asked, [read_key(vkey) for vkey in asked.key])


def run_checkpoint(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """A log's signed head."""
    head = open_checkpoint(read(asked.file), keys)
    return f"{head.origin} has {head.size} entries under {head.root.hex()}"


def run_proof(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """An entry is in the log; and the sealed manifest given, if any, is that snapshot's."""
    proven = open_proof(read(asked.file), keys, read(asked.entry) if asked.entry else None)
    if asked.manifest:
        stored = hashlib.sha256(read(asked.manifest)).digest()
        need(stored == from_hex(proven.entry.get("manifest"), "sha256:"), "the manifest is another one")
    return describe(proven)


def run_disclosure(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """What is disclosed of a snapshot is in it."""
    return check_disclosure(read(asked.file), keys, read(asked.object) if asked.object else None)


def run_records(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """The records given are all that a snapshot has."""
    proven = open_proof(read(asked.proof), keys)
    need(proven.entry.get("kind") == "snapshot", "the log entry is not a snapshot's")
    with asked.file.open("rb") as lines:
        count, hidden = check_records(lines, proven.entry, from_hex(asked.audit_key) if asked.audit_key else None)
    content = f", {hidden} of them without content," if hidden else ""
    return f"{count} records{content} are all of {describe(proven)}"


def run_log(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """A whole log is what its head says."""
    head, _, subtrees = read_log(asked.folder, keys)
    return f"{head.origin}: {head.size} entries and their tiles{check_since(asked.since, keys, head, subtrees)}"


def run_bucket(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """A copy of a bucket has all that the log says."""
    witnesses = [read_key(vkey, COSIGNS) for vkey in asked.witness]
    return check_bucket(asked.folder, keys, asked.since, asked.account, witnesses)


def run_grew(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """Between two checkpoints the log only grew."""
    old, new = open_checkpoint(read(asked.old), keys), open_checkpoint(read(asked.new), keys)
    need(old.origin == new.origin, "checkpoints of two logs")
    if asked.proof:
        lines = read(asked.proof).decode("ascii", "replace").split("\n")
        need(lines.pop(0) == f"old {old.size}" and bool(lines) and not lines.pop(), "a proof from another size")
        check_consistency(old, new, hashes(lines))
    else:
        head, _, subtrees = read_log(asked.log, keys)
        need(old.size <= new.size <= head.size, "the checkpoints are not in this order, or the log is older")
        for one in (old, new):
            same = root_of(subtrees, one.size) == one.root
            need(same, f"the log is not the one signed at {one.size} entries; keep all notes")
    return f"{new.origin} grew from {old.size} to {new.size} entries, and nothing before was rewritten"


def run_contradiction(asked: argparse.Namespace, keys: Sequence[Key]) -> str:
    """Two heads, both signed by the log, of histories of which neither begins with the other.

    Of one size they need nothing else. Of two, the log that is under the larger shows what it began with.
    """
    old, new = sorted((open_checkpoint(read(file), keys) for file in (asked.a, asked.b)), key=lambda one: one.size)
    need(old.origin == new.origin, "checkpoints of two logs")
    root = new.root
    if old.size < new.size:
        need(asked.log is not None, "heads of different sizes: give the log that is under the larger one, by --log")
        head, _, subtrees = read_log(asked.log, keys)
        need(new.size <= head.size, "the log has fewer entries than the larger head")
        need(root_of(subtrees, new.size) == new.root, "the log is not the one that is under the larger head")
        root = root_of(subtrees, old.size)
    need(old.root != root, "the two heads do not contradict each other")
    return (
        f"{old.origin} has signed two histories: its first {old.size} entries have the root {old.root.hex()} "
        f"in one and {root.hex()} in the other; keep both notes"
    )


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(prog="verify", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--key", action="append", required=True, metavar="VKEY", help="the log's verification key")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, *files: str, **options: Any) -> None:
        one = commands.add_parser(name)
        for file in files:
            one.add_argument(file, type=Path)
        for option, kind in options.items():
            one.add_argument(f"--{option.replace('_', '-')}", type=kind)

    command("checkpoint", "file")
    command("proof", "file", entry=Path, manifest=Path)
    command("contradiction", "a", "b", log=Path)
    command("disclosure", "file", object=Path)
    command("records", "proof", "file", audit_key=str)
    command("log", "folder", since=Path)
    command("bucket", "folder", since=Path, account=str)
    commands.choices["bucket"].add_argument("--witness", action="append", default=[], metavar="VKEY")
    grew = commands.add_parser("grew")
    grew.add_argument("old", type=Path)
    grew.add_argument("new", type=Path)
    how = grew.add_mutually_exclusive_group(required=True)
    how.add_argument("--proof", type=Path)
    how.add_argument("--log", type=Path)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Check, print one line, return the exit code."""
    try:
        line, code = f"proven: {run(arguments().parse_args(argv))}", PROVEN
    except UnprovenError as error:
        line, code = f"NOT PROVEN: {error}", NOT_PROVEN
    except OSError as error:
        line, code = f"cannot read {error.filename}: {error.strerror}", MISTAKEN
    sys.stdout.write(line.encode(errors="replace").decode() + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
