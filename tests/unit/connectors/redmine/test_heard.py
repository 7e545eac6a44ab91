"""Heard: names that answers give in passing, kept for those who may not list people."""

from hypothesis import given
from hypothesis import strategies as st

from connectors.redmine import kinds
from connectors.redmine.heard import HEARD, Heard

ANSWER = {
    "issue": {
        "id": 1,
        "subject": "author",
        "author": {"id": 5, "name": "Jane Doe"},
        "assigned_to": {"id": 6, "name": "Crew"},
        "tracker": {"id": 1, "name": "Bug"},
        "custom_fields": [{"id": 1, "name": "Severity", "value": "major"}],
        "journals": [{"id": 9, "user": {"id": 7, "name": "Bob"}, "details": [{"name": "status_id"}]}],
        "watchers": [{"id": 8, "name": "Eve"}],
    },
    "memberships": [{"id": 2, "group": {"id": 6, "name": "Crew"}}],
}


def heard(*answers):
    listening = Heard()
    for answer in answers:
        listening.listen(answer)
    return {kind: {record.external_id: record.content["name"] for record in listening.records(kind)} for kind in HEARD}


def test_people_groups_and_fields_are_told_apart():
    assert {
        kinds.USER: {"5": "Jane Doe", "7": "Bob", "8": "Eve"},
        kinds.GROUP: {"6": "Crew"},
        kinds.CUSTOM_FIELD: {"1": "Severity"},
    } == heard(ANSWER)


def test_the_last_name_heard_counts():
    assert "Jane Roe" == heard(ANSWER, {"author": {"id": 5, "name": "Jane Roe"}})[kinds.USER]["5"]


json = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["author", "user", "watchers", "id", "name", "custom_fields"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(json)
def test_nothing_that_an_answer_may_be_is_too_odd_to_listen_to(answer):
    assert set(HEARD) == heard(answer).keys()
