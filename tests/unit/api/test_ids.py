"""Global ids: one for each thing, and none that we did not make."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import ids
from api.ids import InvalidId, Prefix, RecordRef, VersionRef, WorkspaceRef
from store.record import ConnectionId, ExternalId, Kind, WorkspaceId

names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30)
uuids = st.uuids()


@given(uuids, st.sampled_from(list(Prefix)))
def test_rows(value: UUID, prefix: Prefix):
    text = ids.encode(prefix, value)

    assert value == ids.decode(text, prefix)
    assert prefix is ids.prefix_of(text)


@given(uuids, names, names, st.integers(0, 2**63 - 1))
def test_records_versions_and_workspaces(connection: UUID, kind: str, external_id: str, seq: int):
    ref = RecordRef(connection_id=ConnectionId(connection), kind=Kind(kind), external_id=ExternalId(external_id))
    version = VersionRef(record=ref, from_seq=seq)
    workspace = WorkspaceRef(connection_id=ConnectionId(connection), workspace_id=WorkspaceId(kind))

    assert ref == ids.decode_record(ids.encode_record(ref))
    assert version == ids.decode_version(ids.encode_version(version))
    assert workspace == ids.decode_workspace(ids.encode_workspace(workspace))


@given(st.text(max_size=60) | st.from_regex(r"\A(con|rec|ver|wor)_[A-Za-z0-9_-]{0,60}\Z"))
def test_nothing_else_is_an_id(text: str):
    for decode in (
        lambda: ids.encode(Prefix.CONNECTION, ids.decode(text, Prefix.CONNECTION)),
        lambda: ids.encode_record(ids.decode_record(text)),
        lambda: ids.encode_version(ids.decode_version(text)),
        lambda: ids.encode_workspace(ids.decode_workspace(text)),
    ):
        try:
            again = decode()
        except InvalidId:
            continue

        assert text == again


def test_one_type_is_not_another():
    text = ids.encode(Prefix.SNAPSHOT, UUID(int=1))

    with pytest.raises(InvalidId):
        ids.decode(text, Prefix.OPERATION)
