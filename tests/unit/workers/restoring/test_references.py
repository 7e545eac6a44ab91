"""References: found and exchanged wherever they stand, and nothing else is."""

import re

from hypothesis import given
from hypothesis import strategies as st

from connectors.writing import Reference
from store.record import Kind
from workers.restoring.references import exchange, names_in

NOTE = Kind("note")
VIEW = {
    "one": "a",
    "number": 7,
    "list": ["a", "b", "a"],
    "objects": [{"id": "a", "name": "a"}, {"name": "b"}, None],
    "by_column": {"x": {"ids": ["a", 7]}, "y": {"ids": []}, "z": None},
    "text": "see note:a, note:b and note:c",
    "nothing": None,
}
NEW = {"a": "A", "7": "70", "c": "C"}


def at(path: str, **more) -> Reference:
    return Reference(path=path, kind=NOTE, **more)


def exchanged(*references: Reference) -> tuple[dict, list[str]]:
    return exchange(VIEW, references, lambda _, name: NEW.get(name))


def test_a_name_is_exchanged_at_the_top_and_keeps_its_type():
    assert ({**VIEW, "one": "A", "number": 70}, []) == exchanged(at("one"), at("number"))


def test_a_name_without_another_leaves_its_list():
    assert ({**VIEW, "list": ["A", "A"]}, ["list"]) == exchanged(at("list[]"))


def test_a_name_without_another_becomes_null_in_an_object():
    view = {"owner": {"id": "b", "name": "b"}}

    assert ({"owner": {"id": None, "name": "b"}}, ["owner"]) == exchange(view, [at("owner.id")], lambda *_: None)


def test_names_are_exchanged_in_objects_of_a_list_and_in_every_value_of_an_object():
    view, dropped = exchanged(at("objects[].id"), at("by_column.*.ids[]"))

    assert [{"id": "A", "name": "a"}, {"name": "b"}, None] == view["objects"]
    assert {"x": {"ids": ["A", 70]}, "y": {"ids": []}, "z": None} == view["by_column"]
    assert [] == dropped


def test_an_element_that_says_nothing_without_its_name_goes_with_it():
    view, dropped = exchanged(at("objects[].id", entire=True))
    assert ([{"id": "A", "name": "a"}, {"name": "b"}, None], []) == (view["objects"], dropped)

    view, dropped = exchanged(at("objects[].name", entire=True))
    assert ([{"id": "a", "name": "A"}, None], ["objects"]) == (view["objects"], dropped)


def test_what_the_values_of_an_object_are_called_by_is_exchanged():
    view = {"by_note": {"a": 1, "c": {"id": "a"}, "z": 3}, "other": {"a": 1}}

    exchanged_view, dropped = exchange(view, [at("by_note.~")], lambda _, name: {**NEW, "z": None}[name])

    assert {"by_note": {"A": 1, "C": {"id": "a"}}, "other": {"a": 1}} == exchanged_view
    assert ["A", "C"] == list(exchanged_view["by_note"])
    assert ["by_note"] == dropped
    assert ["a", "c", "z"] == [name for _, name in names_in(view, [at("by_note.~")])]


def test_text_keeps_what_has_no_other_name():
    view, dropped = exchanged(at("text", pattern=re.compile(r"note:(\w+)")))

    assert "see note:A, note:b and note:C" == view["text"]
    assert [] == dropped


def test_paths_that_lead_nowhere_are_passed_over():
    paths = ("gone", "one.id", "one[]", "nothing.id", "list.id", "text[].x", "by_column.*.gone[]", "objects[].gone.id")

    assert (VIEW, []) == exchanged(*map(at, paths))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "b", "note:a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(
    st.lists(st.sampled_from(["p", "q", "*", "r[]"]), min_size=1, max_size=3).map(".".join), max_size=3, unique=True
)


@given(st.dictionaries(st.sampled_from("pqr"), JSON), PATHS)
def test_exchanging_names_for_themselves_changes_nothing_and_finds_what_is_listed(view, paths):
    references = [at(path) for path in paths]
    asked = []

    def same(reference, name):
        asked.append((reference, name))
        return name

    assert (view, []) == exchange(view, references, same)
    assert asked == list(names_in(view, references))
