"""Drive names: whatever an app calls a thing, every disk can hold it, and no two files of a folder are one."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.drive_links import LinkKey
from workers.drive_names import MOST_BYTES, MOST_CHARS, UNNAMED, distinct, safe

ODD = st.text(
    alphabet=st.one_of(
        st.sampled_from('<>:"/\\|?*. \x00\n\u202e\u200d\ufeffCONcon1._-()é'),
        st.characters(exclude_categories=()),
    ),
    max_size=300,
)
FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)}
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}


def is_laid_down_by_every_disk(name: str) -> bool:
    return (
        0 < len(name) <= MOST_CHARS
        and len(name.encode()) <= MOST_BYTES
        and not FORBIDDEN & set(name)
        and name == name.rstrip(" .").lstrip(" ")
        and name.partition(".")[0].upper() not in RESERVED
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Plan 2026.pdf", "Plan 2026.pdf"),
        ("a/b\\c:d", "a_b_c_d"),
        ("  two  spaces\n", "two spaces"),
        ("dots...", "dots"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console", "console"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("cafe\u0301", "café"),
        ("👩\u200d🔬 lab", "👩\u200d🔬 lab"),
        ("\ud800x", "\ufffdx"),
        ("", UNNAMED),
        ("...", UNNAMED),
        (".gitignore", ".gitignore"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("語" * 100 + ".docx", "語" * 58 + ".docx"),
    ],
)
def test_names_become_safe(given: str, expected: str):
    assert expected == safe(given)


@given(ODD)
def test_every_name_is_laid_down_by_every_disk(name: str):
    assert is_laid_down_by_every_disk(safe(name))


@given(ODD)
def test_a_safe_name_stays_as_it_is(name: str):
    assert safe(name) == safe(safe(name))


@given(st.lists(ODD | st.sampled_from(["a.txt", "A.TXT", "x" * 200]), max_size=20))
def test_no_two_files_of_a_folder_are_one(names: list[str]):
    wanted = [(LinkKey(number.to_bytes(16, "big")), name) for number, name in enumerate(names)]
    found = distinct(wanted)
    folded = [unicodedata.normalize("NFC", name.casefold()) for name in found.values()]

    assert len(names) == len(found) == len(set(folded))
    assert all(is_laid_down_by_every_disk(name) for name in found.values())


def test_the_first_keeps_its_name_and_the_others_are_told_apart():
    keys = [LinkKey(bytes([number]) * 16) for number in (1, 2, 3)]
    names = distinct(zip(keys, ["Invoice.pdf", "invoice.PDF", "Invoice.pdf"], strict=True))

    assert ["Invoice.pdf", "invoice (020202).PDF", "Invoice (030303).pdf"] == list(names.values())


@given(st.lists(st.sampled_from(["a", "A", "b", "a (000000)"]), min_size=1, max_size=8), st.integers(0, 7))
def test_one_that_goes_renames_at_most_the_next_of_its_name(names: list[str], gone: int):
    wanted = [(LinkKey(number.to_bytes(16, "little")), name) for number, name in enumerate(names)]
    before = distinct(wanted)
    del wanted[gone % len(wanted)]
    after = distinct(wanted)

    assert 1 >= sum(before[key] != name for key, name in after.items())
