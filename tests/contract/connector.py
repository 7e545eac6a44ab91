"""The contract of every connector: subclass, give a `case`, and all of it is tested against your stand-in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from connectors.base import (
    Anew,
    Checkpoint,
    Complete,
    CompleteBelow,
    Connector,
    Deleted,
    File,
    FullReason,
    Grant,
    Item,
    Kept,
    Ledger,
    Progress,
    ReadJob,
    Records,
    Scope,
    State,
    Vanished,
    Warned,
    Workspace,
)
from connectors.errors import Unauthorised
from store.canonical import encode
from store.record import FILE_KIND, ExternalId, Kind, Record, WorkspaceId


class Case(Protocol):
    """One connector before one stand-in that holds a small world of every kind."""

    connector: Connector
    grants: Sequence[Grant]
    secrets: Sequence[str]
    """What may be in no item and no error."""

    def edit(self) -> None:
        """Change something in one workspace: edit, add and delete."""

    def bad_grant(self) -> Grant:
        """Give a grant that does not work."""


@dataclass(slots=True)
class Seen:
    """What a read gave, as a worker would hold it."""

    items: list[Item] = field(default_factory=list)
    records: dict[tuple[WorkspaceId, Kind, str], Record] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    cursors: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    kept: set[tuple[WorkspaceId, Kind, str]] = field(default_factory=set)
    state: dict[str, Any] | None = None

    async def held(self, workspace_id: WorkspaceId, kind: Kind) -> Mapping[ExternalId, ExternalId | None]:
        """Answer a connector that asks what is held, as the store would."""
        return {
            ExternalId(external_id): record.parent and record.parent.external_id
            for (where, what, external_id), record in self.records.items()
            if (where, what) == (workspace_id, kind)
        } | {
            ExternalId(external_id): file.parent.external_id
            for external_id, file in self.files.items()
            if (file.workspace_id, FILE_KIND) == (workspace_id, kind)
        }

    def take(self, item: Item) -> None:
        self.items.append(item)
        match item:
            case Records(records=records):
                for record in records:
                    self.records[record.workspace_id, record.kind, record.external_id] = record
            case Kept(workspace_id=workspace_id, kind=kind, external_ids=external_ids):
                self.kept.update((workspace_id, kind, external_id) for external_id in external_ids)
            case File():
                self.files[item.external_id] = item
            case Anew(workspace_ids=workspace_ids):
                self.records = {key: found for key, found in self.records.items() if key[0] not in workspace_ids}
                self.files = {key: file for key, file in self.files.items() if file.workspace_id not in workspace_ids}
                self.kept = {key for key in self.kept if key[0] not in workspace_ids}
            case Checkpoint(cursor=cursor):
                self.cursors.append((len(self.items), cursor))
            case State(state=state):
                self.state = state

    def of(self, kind: type[Any]) -> list[Any]:
        return [item for item in self.items if isinstance(item, kind)]

    @property
    def warnings(self) -> list[Warned]:
        return self.of(Warned)

    def contents(self) -> Mapping[tuple[WorkspaceId, Kind, str], bytes]:
        return {key: encode([record.content, str(record.parent)]) for key, record in self.records.items()}

    def kinds(self) -> Counter[Kind]:
        return Counter(record.kind for record in self.records.values())


Key = tuple[WorkspaceId, Kind, str]


def job(case: Case, **changes: Any) -> ReadJob:
    given = ReadJob(grants=case.grants, scope=Scope(), state={}, cursor=None, full=None, now=datetime.now(UTC))
    return replace(given, **changes)


async def read(case: Case, **changes: Any) -> Seen:
    seen = Seen()
    await collect(case, seen, **changes)
    return seen


async def collect(case: Case, seen: Seen, **changes: Any) -> None:
    """Read; what was seen before it ended is seen, however it ends."""
    async with aclosing(case.connector.read(job(case, **changes))) as items:
        async for item in items:
            seen.take(item)


async def follow(case: Case, before: Seen, **changes: Any) -> Seen:
    """Read again; what is held afterwards, and what was said."""
    seen = await read(case, state=before.state, held=before.held, **changes)
    after = Seen(records=apply(before, seen), state=seen.state)
    after.items = seen.items
    return after


def apply(held: Seen, seen: Seen) -> dict[tuple[WorkspaceId, Kind, str], Record]:
    """Bring what is held up to what was seen, as the store does: puts, then what complete listings left out."""
    complete = {(item.workspace_id, kind) for item in seen.of(Complete) for kind in item.kinds}
    gone = {item.workspace_id for item in seen.of(Vanished)}
    ended = {key for key in held.records if key[:2] in complete or key[0] in gone}
    for item in seen.of(Deleted):
        ended |= {(item.workspace_id, item.kind, external_id) for external_id in item.external_ids}
        there = [found for found in item.external_ids if (item.workspace_id, item.kind, found) in held.records]
        ended |= _below(held, item.kind, there, item.below)
    for item in seen.of(CompleteBelow):
        ended |= _below(held, item.kind, item.external_ids, item.kinds)
    found = {key[1:] for key in seen.records}
    # A record that is given in another workspace has moved there.
    kept = {
        key: record
        for key, record in held.records.items()
        if key in seen.kept or (key not in ended and key[1:] not in found)
    }
    return {**kept, **seen.records}


def _below(
    held: Seen, kind: Kind, external_ids: Sequence[ExternalId], kinds: frozenset[Kind]
) -> set[tuple[WorkspaceId, Kind, str]]:
    """Find what hangs below these records, at any depth, through records of these kinds."""
    found: set[tuple[WorkspaceId, Kind, str]] = set()
    above = {(kind, external_id) for external_id in external_ids}
    while above:
        level = {
            key
            for key, record in held.records.items()
            if record.kind in kinds
            and record.parent is not None
            and (record.parent.kind, record.parent.external_id) in above
        }
        above = {key[1:] for key in level - found}
        found |= level
    return found


def with_below(records: Mapping[Key, Record], external_id: str) -> set[Key]:
    """The record of this id, and what hangs below it at any depth."""
    found: set[Key] = set()
    more = {key for key in records if key[2] == external_id}
    while more:
        found |= more
        above = ids(found)
        more = {key for key, each in records.items() if each.parent and each.parent.external_id in above} - found
    return found


def ids(keys: Iterable[Key]) -> set[str]:
    return {key[2] for key in keys}


class ConnectorContract:
    """What holds of every connector."""

    async def test_a_read_ends_with_its_state_and_gives_one(self, case: Case):
        seen = await read(case)

        assert isinstance(seen.items[-1], State)
        assert 1 == len(seen.of(State))

    async def test_everything_is_of_a_kind_that_the_spec_names(self, case: Case):
        seen = await read(case)

        kinds = case.connector.spec.kinds
        assert set() == {record.kind for record in seen.records.values()} - kinds.keys()
        assert set() == {kind for item in seen.of(Complete) for kind in item.kinds} - kinds.keys()
        parents = {record.parent.kind for record in seen.records.values() if record.parent}
        assert set() == parents - kinds.keys()

    async def test_every_kind_that_is_said_to_be_backed_up_is_found(self, case: Case):
        seen = await read(case)

        said = {kind for kind, spec in case.connector.spec.kinds.items() if spec.backed_up}
        found = {record.kind for record in seen.records.values()} | ({FILE_KIND} if seen.files else set())
        assert said == found

    async def test_kinds_explain_what_they_leave_out(self, case: Case):
        for spec in case.connector.spec.kinds.values():
            assert (spec.backed_up and spec.restorable) == (spec.why_not is None)
            assert all([*spec.volatile.values(), *spec.lost_on_restore.values(), spec.title, spec.description])

    async def test_records_come_by_kind_and_workspace(self, case: Case):
        seen = await read(case)

        for item in seen.of(Records):
            assert 1 == len({(record.workspace_id, record.kind) for record in item.records})

    async def test_ids_are_unique_within_a_kind(self, case: Case):
        seen = await read(case)

        found = Counter((kind, external_id) for _, kind, external_id in seen.records)
        assert [] == [key for key, count in found.items() if count > 1]
        assert not [key for key in seen.records if any("\0" in part for part in key)]

    async def test_content_can_be_kept_and_has_no_volatile_field(self, case: Case):
        seen = await read(case)

        kinds = case.connector.spec.kinds
        for record in seen.records.values():
            encode(record.content)
            for name in kinds[record.kind].volatile:
                outer, _, inner = name.partition(".")
                value = record.content.get(outer) if inner else record.content
                assert not isinstance(value, dict) or (inner or outer) not in value

    async def test_every_workspace_is_announced_and_accounted_for(self, case: Case):
        seen = await read(case)

        announced = [item.workspace_id for item in seen.of(Workspace)]
        assert len(announced) == len(set(announced))
        assert {record.workspace_id for record in seen.records.values()} <= {*announced, WorkspaceId("")}
        assert set(announced) == {item.workspace_id for item in seen.of(Ledger)} - {""}
        assert {item.parent_workspace_id for item in seen.of(Workspace)} <= {*announced, None}

    async def test_reading_twice_gives_equal_content(self, case: Case):
        first, second = await read(case), await read(case)

        assert first.contents() == second.contents()

    async def test_an_unchanged_account_is_not_read_again(self, case: Case):
        first = await read(case)
        second = await read(case, state=first.state, held=first.held)

        assert {} == second.records
        assert {"unchanged"} == {item.read for item in second.of(Ledger)}
        assert first.state == second.state

    async def test_a_workspace_of_which_a_file_could_not_be_read_is_read_again(self, case: Case):
        first = await read(case)
        missed = next(iter(first.files.values()))
        unfinished = frozenset({missed.workspace_id})
        again = await read(case, state=first.state, held=first.held, unfinished=unfinished)

        assert missed.external_id in again.files
        assert unfinished == {item.workspace_id for item in again.of(Ledger) if item.read != "unchanged"}

    async def test_what_changed_brings_the_held_state_up_to_the_app_s(self, case: Case):
        first = await read(case)
        case.edit()
        second = await read(case, state=first.state, held=first.held)
        whole = await read(case)

        held = Seen(records=apply(first, second)).contents()
        complete = {(item.workspace_id, kind) for item in second.of(Complete) for kind in item.kinds}
        # History that the app forgets is forgotten by a full read only.
        forgotten = {key for key in held if key not in whole.records and key[:2] not in complete}
        assert whole.contents() == {key: content for key, content in held.items() if key not in forgotten}
        assert len(second.records) < len(whole.records)

    async def test_a_full_read_reads_everything_whatever_the_state(self, case: Case):
        first = await read(case)
        again = await read(case, state=first.state, held=first.held, full=FullReason.SCHEDULED)

        assert first.contents() == again.contents()
        assert {"full"} == {item.read for item in again.of(Ledger)}

    async def test_an_interrupted_read_goes_on_from_any_checkpoint(self, case: Case):
        whole = await read(case)

        for position, cursor in whole.cursors:
            before = Seen()
            for item in whole.items[:position]:
                before.take(item)
            after = await read(case, cursor=cursor)
            assert whole.contents() == {**before.contents(), **after.contents()}
        assert len(after.records) == 0

    async def test_what_is_out_of_scope_is_named_and_not_read(self, case: Case):
        whole = await read(case)
        excluded = next(item.workspace_id for item in whole.of(Workspace) if item.parent_workspace_id is not None)
        seen = await read(case, scope=Scope(excluded=frozenset({excluded})))

        assert [excluded] == [item.workspace_id for item in seen.of(Workspace) if not item.in_scope]
        assert excluded not in {record.workspace_id for record in seen.records.values()}

    async def test_scope_can_be_one_workspace(self, case: Case):
        whole = await read(case)
        included = next(item.workspace_id for item in whole.of(Workspace) if item.parent_workspace_id is not None)
        seen = await read(case, scope=Scope(included=frozenset({included})))

        assert {included, ""} >= {record.workspace_id for record in seen.records.values()}
        assert [included] == [item.workspace_id for item in seen.of(Ledger)]

    async def test_files_are_as_long_as_they_say_and_can_be_read_twice(self, case: Case):
        seen = await read(case)
        file = min(seen.files.values(), key=lambda file: file.size_bytes or 0)
        found = []
        for _ in range(2):
            async with file.open() as stream:
                found.append(b"".join([piece async for piece in stream]))

        assert found[0] == found[1]
        assert file.size_bytes in {None, len(found[0])}

    async def test_progress_never_goes_back(self, case: Case):
        seen = await read(case)

        steps = [(item.done, item.total) for item in seen.of(Progress)]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]

    async def test_identify_says_whose_grant_it_is(self, case: Case):
        identity = await case.connector.identify(case.grants[0])

        assert identity.subject
        assert identity.name

    async def test_a_grant_that_does_not_work_is_unauthorised(self, case: Case):
        grant = case.bad_grant()

        with pytest.raises(Unauthorised) as raised:
            await case.connector.identify(grant)
        assert not [secret for secret in grant.credentials.values() if secret in str(raised.value)]
        with pytest.raises(Unauthorised):
            await read(case, grants=[grant])

    async def test_a_grant_that_does_not_work_is_stood_in_for(self, case: Case):
        whole = await read(case)
        seen = await read(case, grants=[case.bad_grant(), *case.grants])

        assert whole.contents() == seen.contents()
        assert ["GRANT_LOST"] == [warning.code for warning in seen.warnings]

    async def test_no_secret_is_in_any_item(self, case: Case):
        seen = await read(case)

        said = " ".join(str(item) for item in seen.items if not isinstance(item, Records))
        assert not [secret for secret in case.secrets if secret in said or secret in repr(case.grants)]

    async def test_leaving_early_leaves_nothing_running(self, case: Case):
        async with aclosing(case.connector.read(job(case))) as items:
            async for item in items:
                if isinstance(item, Records):
                    break

        assert {} != (await read(case)).records
