"""Drive plan: what is ours is kept up, what is a person's is left alone, and one is never taken for the other."""

import hashlib
import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google_drive.file import DriveFile
from store.drive_links import Bin, Link, LinkKey, Role
from workers.drive_plan import Tampering, Todo, Wanted, agreed, hash_of, judge, patched, seen, sent


def fingerprint(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:16]


def drive_file(**more) -> DriveFile:
    given = {
        "file_id": "f",
        "name": "n",
        "mime_type": "text/plain",
        "parent_id": "p",
        "is_trashed": False,
        "is_trashed_itself": False,
        "version": 7,
        "sha256": "aa",
        "size_bytes": 1,
        "app_properties": {},
        "created_at": "",
        "link": None,
    }
    return DriveFile(**given | more)


def wanted(*, name: str = "n", parent: str = "p", source: bytes | None = b"s") -> Wanted:
    return Wanted(name_hash=hash_of(fingerprint, name), parent_id=parent, source=source)


def link(role: Role = Role.FILE, **more) -> Link:
    """One whose file was sent and is as it was sent."""
    fresh = Link(key=LinkKey(b"k"), role=role)
    return replace(sent(fresh, drive_file(), fingerprint), **{"source": b"s", **more})


def test_what_is_as_it_should_be_is_left_alone():
    assert judge(wanted(), link(), repairs=True).is_nothing


@pytest.mark.parametrize("held", [None, Link(key=LinkKey(b"k"), role=Role.FILE, file_id="f")])
def test_what_is_not_there_or_never_answered_is_made(held):
    assert Todo(make=True, content=True) == judge(wanted(), held, repairs=False)


def test_what_differs_is_sent():
    todo = judge(wanted(name="m", parent="q", source=b"t"), link(), repairs=False)

    assert (True, True, True, ()) == (todo.rename, todo.move, todo.content, todo.found)


CHANGES = {
    Tampering.EDITED: {"sha256": "bb"},
    Tampering.RENAMED: {"name": "theirs"},
    Tampering.MOVED: {"parent_id": "theirs"},
    Tampering.TRASHED: {"is_trashed": True, "is_trashed_itself": True},
}


@pytest.mark.parametrize("deeds", list(itertools.chain(*(itertools.combinations(CHANGES, n) for n in (1, 2, 3, 4)))))
@pytest.mark.parametrize("is_due", [False, True])
def test_a_person_s_changes_are_found_and_never_overwritten_unless_that_is_allowed(deeds, is_due):
    changes = {name: value for deed in deeds for name, value in CHANGES[deed].items()}
    tampered = seen(link(), drive_file(**changes), fingerprint)
    target = wanted(name="new", parent="new", source=b"new") if is_due else wanted()
    left = judge(target, tampered, repairs=False)
    right = judge(target, tampered, repairs=True)

    if Tampering.TRASHED in deeds:
        assert (left.is_nothing, left.blocked, left.found) == (True, True, (Tampering.TRASHED,))
    else:
        assert set(deeds) == set(left.found)
        assert (is_due and Tampering.RENAMED not in deeds) is left.rename
        assert (is_due and Tampering.MOVED not in deeds) is left.move
        assert (is_due and Tampering.EDITED not in deeds) is left.content
    assert set(deeds) == set(right.found)
    assert (Tampering.TRASHED in deeds) is right.restore
    assert (is_due or Tampering.EDITED in deeds) is right.content
    assert (is_due or Tampering.RENAMED in deeds) is right.rename


def test_what_is_gone_is_made_again_only_where_that_is_allowed():
    gone = seen(link(), None, fingerprint)

    assert Todo(found=(Tampering.DELETED,), blocked=True) == judge(wanted(), gone, repairs=False)
    assert judge(wanted(), gone, repairs=True).make


def test_what_lies_in_a_folder_that_was_thrown_away_was_not_thrown_away_itself():
    assert Bin.OUT is seen(link(), drive_file(is_trashed=True), fingerprint).seen_bin
    assert Bin.IN is seen(link(Role.ROOT), drive_file(is_trashed=True), fingerprint).seen_bin


def test_content_that_we_were_sending_when_the_reply_was_lost_is_ours():
    ours = seen(link(ending_hash=hash_of(fingerprint, "bb")), drive_file(sha256="bb"), fingerprint)

    assert () == judge(wanted(source=b"t"), ours, repairs=False).found


def test_a_rename_of_ours_whose_reply_was_lost_is_ours():
    ours = seen(link(), drive_file(name="m", parent_id="q"), fingerprint)
    todo = judge(wanted(name="m", parent="q"), ours, repairs=False)
    now = agreed(ours, wanted(name="m", parent="q"))

    assert (True, ()) == (todo.is_nothing, todo.found)
    assert (now.seen_name_hash, now.seen_parent_id) == (now.name_hash, now.parent_id)


def test_where_the_root_lies_and_what_it_is_called_is_the_person_s_own():
    moved = seen(link(Role.ROOT, source=None), drive_file(name="theirs", parent_id="theirs"), fingerprint)

    assert judge(wanted(source=None), moved, repairs=True).is_nothing


def test_a_sheet_of_another_version_is_looked_at():
    sheet = replace(sent(Link(key=LinkKey(b"k"), role=Role.SHEET), drive_file(sha256=None), fingerprint), source=b"s")
    later = seen(sheet, drive_file(sha256=None, version=8), fingerprint)

    assert judge(wanted(), sheet, repairs=False).is_nothing
    assert judge(wanted(), later, repairs=False).content


@given(
    st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["n", "m", "theirs"]), st.sampled_from(["aa", "bb"])
)
def test_a_patch_makes_nothing_of_a_person_s_ours(rename, move, repairs, name, sha256):
    before = seen(link(), drive_file(name=name, sha256=sha256), fingerprint)
    todo = Todo(rename=rename, move=move)
    file = drive_file(name="new" if rename else name, parent_id="q" if move else "p", sha256=sha256)
    after = patched(before, file, todo, fingerprint)
    target = wanted(name="new" if rename else "n", parent="q" if move else "p")
    found = judge(target, after, repairs=repairs).found

    assert (sha256 == "bb") is (Tampering.EDITED in found)
    assert (name != "n" and not rename) is (Tampering.RENAMED in found)
