"""Rooms of boxes of notes: an app in memory with one of everything that a plan has to reckon with."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from connectors.base import (
    AppSpec,
    Complete,
    File,
    Grant,
    Identity,
    Item,
    KindSpec,
    Ledger,
    ReadJob,
    Records,
    State,
    Workspace,
)
from connectors.errors import BadReply
from connectors.pacing import Budget
from connectors.writing import AppWriting, Change, Creation, KindWriting, Made, Name, Reference
from store.record import FILE_KIND, ExternalId, Kind, ParentRef, Record, WorkspaceId

ROOM, TAG, BOX, NOTE, PERSON, HANDLE = map(Kind, ("room", "tag", "box", "note", "person", "handle"))
NEW = "the app gives a new one"


def _spec(kind: Kind, *, lost: tuple[str, ...] = (), **more: Any) -> KindSpec:
    given = {"backed_up": True, "restorable": True, **more}
    return KindSpec(
        kind=kind,
        title=kind.capitalize(),
        description=f"A {kind}.",
        lost_on_restore=dict.fromkeys(("id", *lost), NEW),
        **given,
    )


KINDS = {
    spec.kind: spec
    for spec in (
        _spec(ROOM, is_workspace=True),
        _spec(TAG),
        _spec(BOX),
        _spec(NOTE, lost=("handle", "author")),
        _spec(PERSON, restorable=False, why_not="People are not made by others."),
        _spec(FILE_KIND),
    )
}

WRITING = AppWriting(
    kinds=(
        KindWriting(
            kind=ROOM,
            created_with=frozenset({"name"}),
            updated_with=frozenset({"name", "closed"}),
            late=frozenset({"closed"}),
            blank={"closed": False},
            is_archived=lambda view: view["closed"],
            archive_field="closed",
            archive_blocks=True,
            parent_required=False,
        ),
        KindWriting(kind=PERSON, can_create=False, alike=("name",)),
        KindWriting(
            kind=TAG, created_with=frozenset({"name"}), updated_with=frozenset({"name"}), alike=("name",), blank={}
        ),
        KindWriting(
            kind=BOX,
            created_with=frozenset({"name", "pos"}),
            updated_with=frozenset({"name", "pos", "closed"}),
            late=frozenset({"closed"}),
            blank={"closed": False},
            alike=("name",),
            sort=lambda record: record.content["pos"],
            is_archived=lambda view: view["closed"],
            archive_field="closed",
        ),
        KindWriting(
            kind=NOTE,
            created_with=frozenset({"text", "box", "tags", "people", "pos"}),
            updated_with=frozenset({"text", "box", "tags", "people", "pos", "done", "next"}),
            blank={"done": False, "next": None},
            references=(
                Reference(path="box", kind=BOX, required=True),
                Reference(path="tags[]", kind=TAG, brings=True),
                Reference(path="people[]", kind=PERSON),
                Reference(path="next", kind=NOTE),
                Reference(path="text", kind=HANDLE, pattern=re.compile(r"note:(\w+)")),
            ),
            names=lambda record: [Name(kind=HANDLE, value=record.content["handle"])],
            sort=lambda record: record.content["pos"],
        ),
    ),
    budgets=(Budget(name="minute", limit=100, interval_seconds=60.0),),
)

SPEC = AppSpec(app="toy", title="Toy", kinds=KINDS, auth_methods=(), not_reachable=())


@dataclass(slots=True)
class Toy:
    """Everything, by kind and id. Ids are never given twice."""

    records: dict[tuple[Kind, str], Record] = field(default_factory=dict)
    bytes_of: dict[str, bytes] = field(default_factory=dict)
    last: int = 0
    calls: list[Creation | Change] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    """Names and texts that the app does not take."""
    leaves_out: frozenset[str] = frozenset()
    """Fields that the app refuses, and says so."""
    spec: AppSpec = SPEC
    writing: AppWriting = WRITING
    grants: tuple[Grant, ...] = (Grant(grant_id="one", method="token", credentials={"token": "t"}),)
    to_copy: WorkspaceId = field(default_factory=lambda: WorkspaceId(""))
    beside: tuple[WorkspaceId, ...] = ()

    @property
    def connector(self) -> "Toy":
        return self

    def add(
        self,
        kind: Kind,
        room: str | None,
        parent: ParentRef | None,
        content: Mapping[str, Any],
        data: bytes | None = None,
    ) -> Record:
        """Put something in."""
        self.last += 1
        made = ExternalId(f"{kind[0]}{self.last}")
        blank = {ROOM: {"closed": False}, BOX: {"closed": False}, NOTE: {"done": False, "next": None}}.get(kind, {})
        own = {"id": made, **({"handle": f"h{self.last}", "author": "me"} if kind == NOTE else {})}
        record = Record(
            workspace_id=WorkspaceId(made if room is None else room),
            kind=kind,
            external_id=made,
            parent=parent,
            content={**blank, **content, **own},
        )
        self.records[kind, made] = record
        if data is not None:
            self.bytes_of[made] = data
        return record

    def change(self, record: Record, **fields: Any) -> Record:
        """Change something."""
        key = (record.kind, record.external_id)
        found = self.records[key]
        self.records[key] = msgspec.structs.replace(found, content={**found.content, **fields})
        return self.records[key]

    def remove(self, record: Record) -> None:
        """Take something out, with all in it."""
        for found in list(self.records.values()):
            above = found.parent
            if above is not None and (above.kind, above.external_id) == (record.kind, record.external_id):
                self.remove(found)
        self.records.pop((record.kind, record.external_id), None)

    def let_people_unarchive(self) -> None:
        """Let no call take anything out of the archive."""
        kinds = tuple(replace(rules, unarchives=False) for rules in self.writing.kinds)
        self.writing = replace(self.writing, kinds=kinds)

    def lose(self, workspace_id: WorkspaceId) -> None:
        self.remove(self.records[ROOM, workspace_id])

    def edit(self) -> None:
        here = [found for found in self.records.values() if found.workspace_id == self.to_copy]
        notes = [found for found in here if found.kind == NOTE]
        boxes = [found for found in here if found.kind == BOX]
        self.change(notes[0], text="other", done=True)
        self.change(boxes[0], closed=True)
        self.change(boxes[2], closed=False)
        self.remove(notes[1])
        self.remove(next(found for found in self.records.values() if found.kind == TAG))
        self.add(NOTE, boxes[0].workspace_id, ref(boxes[0]), note(boxes[0], "new"))

    async def identify(self, grant: Grant) -> Identity:
        return Identity(subject="me", name="Me")

    async def read(self, job: ReadJob) -> AsyncIterator[Item]:
        rooms = [found for found in self.records.values() if found.kind == ROOM]
        for room in rooms:
            yield Workspace(
                workspace_id=room.workspace_id,
                kind=ROOM,
                name=room.content["name"],
                parent_workspace_id=None,
                in_scope=job.scope.takes(room.workspace_id),
            )
        wanted = [room.workspace_id for room in rooms if job.scope.takes(room.workspace_id)]
        for workspace_id in [*wanted, WorkspaceId("")]:
            for record in list(self.records.values()):
                if record.workspace_id == workspace_id:
                    yield Records(records=[record])
                    if record.external_id in self.bytes_of:
                        yield self._file(record)
        for workspace_id in wanted:
            yield Complete(workspace_id=workspace_id, kinds=frozenset(KINDS))
            yield Ledger(workspace_id=workspace_id, read="full", evidence="always")
        yield State(state={})

    def _file(self, record: Record) -> File:
        data = self.bytes_of[record.external_id]

        @asynccontextmanager
        async def open_file() -> AsyncIterator[AsyncIterator[bytes]]:
            async def stream() -> AsyncIterator[bytes]:
                yield data

            yield stream()

        return File(
            workspace_id=record.workspace_id,
            external_id=record.external_id,
            parent=ref(record),
            name="a.bin",
            media_type=None,
            size_bytes=len(data),
            revision=record.external_id,
            open=open_file,
        )

    def writer(self, grant: Grant) -> "Toy":
        return self

    async def create(self, creation: Creation) -> Made:
        self.calls.append(creation)
        self._judge(creation.fields)
        data = None
        if creation.file is not None:
            data = b"".join([piece async for piece in creation.file.open()])
        fields, lost = self._taken(creation.fields)
        record = self.add(creation.kind, creation.workspace_id, creation.parent, fields, data)
        return Made(workspace_id=record.workspace_id, external_id=record.external_id, content=record.content, lost=lost)

    async def update(self, change: Change) -> Made:
        self.calls.append(change)
        self._judge(change.fields)
        found = self.records[change.kind, change.external_id]
        opened = {"closed": False} if change.unarchive else {}
        fields, lost = self._taken(change.fields)
        record = self.change(found, **{**opened, **fields})
        return Made(workspace_id=record.workspace_id, external_id=record.external_id, content=record.content, lost=lost)

    async def discard(self, workspace_id: WorkspaceId) -> None:
        self.lose(workspace_id)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _taken(self, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        taken = {name: value for name, value in fields.items() if name not in self.leaves_out}
        return taken, dict.fromkeys(fields.keys() - taken.keys(), "the app does not take it")

    def _judge(self, fields: Mapping[str, Any]) -> None:
        if self.refuses & {value for value in fields.values() if isinstance(value, str)}:
            raise BadReply("the app does not take that")


def ref(record: Record) -> ParentRef:
    return ParentRef(kind=record.kind, external_id=record.external_id)


def lying_in(record: Record, parent: Record) -> Record:
    """The record, in another parent."""
    return msgspec.structs.replace(record, parent=ref(parent))


def note(box: Record, text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "box": box.external_id, "tags": [], "people": [], "pos": 1, **more}


def furnished() -> Toy:
    """A toy with one room of everything, and a second one."""
    toy = Toy()
    person = toy.add(PERSON, "", None, {"name": "Ada"})
    toy.add(PERSON, "", None, {"name": "Bo"})
    for name in ("Study", "Attic"):
        room = toy.add(ROOM, None, None, {"name": name})
        toy.to_copy = toy.to_copy or room.workspace_id
        tags = [toy.add(TAG, room.workspace_id, ref(room), {"name": text}) for text in ("red", "blue")]
        boxes = [
            toy.add(BOX, room.workspace_id, ref(room), {"name": text, "pos": at})
            for at, text in enumerate(("new", "done", "old"))
        ]
        toy.change(boxes[2], closed=True)
        notes = [
            toy.add(
                NOTE,
                room.workspace_id,
                ref(box),
                note(box, f"note {at}", tags=[tags[at % 2].external_id], people=[person.external_id], pos=at),
                b"\x00\x01" * 9_000 if at == 1 else None,
            )
            for at, box in enumerate(boxes * 2)
        ]
        toy.change(notes[0], next=notes[4].external_id, text=f"see note:{notes[3].content['handle']} and note:nowhere")
        toy.change(notes[4], next=notes[0].external_id, done=True, text=f"see note:{notes[0].content['handle']}")
        toy.change(notes[5], next=notes[5].external_id)
    return toy
