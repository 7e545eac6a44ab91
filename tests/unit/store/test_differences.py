"""Differences: applied to the old value they give the new one, and they say no more than is so."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import canonical
from store.differences import Change, apply, differences

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
keys = st.text("ab/~0", max_size=3)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(keys, inner, max_size=4)
        | st.lists(
            st.fixed_dictionaries({"id": st.integers(0, 5)}, optional={"v": inner}),
            max_size=5,
            unique_by=lambda i: i["id"],
        )
    ),
    max_leaves=25,
)


@given(values, values)
def test_applied_to_the_old_they_give_the_new(old: Any, new: Any):
    found = differences(old, new)

    assert canonical.encode(new) == canonical.encode(apply(old, found))


@given(values, values)
def test_top_level_ones_give_the_new_too(old: Any, new: Any):
    assert canonical.encode(new) == canonical.encode(apply(old, differences(old, new, deep=False)))


@given(values)
def test_equal_values_do_not_differ(value: Any):
    assert [] == differences(value, canonical.decode(canonical.encode(value)))


@given(values, values)
def test_old_value_stays_as_it_was(old: Any, new: Any):
    before = canonical.encode(old)
    apply(old, differences(old, new))

    assert before == canonical.encode(old)


@given(values, values)
def test_every_difference_is_at_its_place(old: Any, new: Any):
    for found in differences(old, new):
        box = old if found.change is Change.REMOVED else new
        for step in found.path:
            box = box[step]
        held = found.old if found.change is Change.REMOVED else found.new

        assert canonical.encode(held) == canonical.encode(box)


def told(old: Any, new: Any) -> list[tuple[str, str, Any, Any]]:
    return [(found.pointer, found.change.value, found.old, found.new) for found in differences(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, [("/a", "changed", 1, 2)]),
        ({"a": 1}, {"a": True}, [("/a", "changed", 1, True)]),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a/b~c": 1}, {}, [("/a~1b~0c", "removed", 1, None)]),
        ([2, 3], [1, 2, 3], [("/0", "added", None, 1)]),
        ([1, 2, 3], [1, 3], [("/1", "removed", 2, None)]),
        (["a", "b"], ["a", "c"], [("/1", "changed", "b", "c")]),
        ([{"id": 1, "n": "a"}, {"id": 2}], [{"id": 0}, {"id": 1, "n": "b"}, {"id": 2}],
         [("/0", "added", None, {"id": 0}), ("/1/n", "changed", "a", "b")]),
        ({"a": None}, {}, [("/a", "removed", None, None)]),
        (1, "1", [("", "changed", 1, "1")]),
    ],
)  # fmt: skip
def test_examples(old: Any, new: Any, expected: list[Any]):
    assert expected == told(old, new)


def test_long_arrays_are_compared_without_aligning():
    old, new = [{"n": at} for at in range(3000)], [{"n": at + 5000} for at in range(3000)]

    assert canonical.encode(new) == canonical.encode(apply(old, differences(old, new)))
