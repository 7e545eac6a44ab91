"""Writing: what an app's folder adds so that records can be put back: rules to plan by, and calls that write.

A restore compares what is held with a fresh `read` of the target, plans a step for each record, carries the steps out,
and compares the target, read again, with what is held. All of that is the engine's (`workers.restoring`). An app says,
for each kind, what can be written and what its content names (`KindWriting`), and makes or changes one record at a time
(`Writer`).

How one record's fields are written:

    created_with                 by the call that makes it
    updated_with - created_with  by a step right behind that one
    late                         by a step when all else is there: covers, archive flags
    any with a reference to a record that is made later: once more, when that one is there
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from connectors.base import Connector, Grant
from connectors.call import OpenUpload
from connectors.pacing import Budget
from store.record import ExternalId, JsonObject, Kind, ParentRef, Record, WorkspaceId


class Action(StrEnum):
    """What a step of a restore does."""

    CREATE = "create"
    UPDATE = "update"
    UNARCHIVE = "unarchive"
    """Take it out of the archive, with whatever else differs."""
    SKIP = "skip"
    """Nothing: it is there, and as it should be."""
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where the view of one kind names a record, so that the name can be exchanged for the restored record's.

    `path` leads there from the top of the view: names with dots between, `[]` behind a list for each of its elements,
    `*` for each value of an object, `~` at the end for what its values are called: `idLabels[]`, `options[].id`,
    `people.*[].id`, `people.~`. A name is text or a whole number, and stays what it was. A path that leads nowhere is
    passed over.
    """

    path: str
    kind: Kind
    """The kind whose external ids stand there; or one that `KindWriting.names` gives further names of."""
    pattern: re.Pattern[str] | None = None
    """For text that has names inside, links for instance: what one looks like, its first group being the name alone."""
    required: bool = False
    """Without it the record cannot be made, so what it names is made too where it is gone."""
    brings: bool = False
    """What it names is made too where it is gone; but the record can be made without."""
    local: bool = False
    """The name is unique within its workspace only (a monday group's `topics`)."""
    first: bool = False
    """It says where the record goes, so what it names is made before it, or given up: never told afterwards."""
    own: bool = False
    """The name is that of the record itself or of a part of it: it comes about with it, and is never written."""
    entire: bool = False
    """The element of a list that it stands in says nothing without it, and goes with it."""

    @property
    def field(self) -> str:
        """The field of the view that it lies in."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A further name by which references know a record or a part of it: a short link, the id of an option."""

    kind: Kind
    """A kind of name, of your choosing: `short_link`. None that is a record's kind."""
    value: str
    key: str = ""
    """Which of several it is: the restored record's name of the same kind and key takes its place."""
    local: bool = False
    """As in Reference."""


def whole_content(record: Record) -> JsonObject:
    """View a record as it is: the default."""
    return record.content


def no_names(record: Record) -> Iterable[Name]:
    """Most records have no name but their id."""
    del record
    return ()


def by_id(record: Record) -> Any:
    """Sort records by their ids: the default."""
    return record.external_id


def never_archived(view: JsonObject) -> bool:
    """Most kinds have no archive."""
    del view
    return False


def nothing_against(held: Record, live: Record | None, me: str) -> str | None:
    """Find nothing that keeps a record from being restored."""
    del held, live, me
    return None


def nothing_more(held: Record, me: str) -> Mapping[str, str]:
    """Lose nothing but what is said of the whole kind: the default."""
    del held, me
    return {}


def never_unasked(record: Record, makers: Collection[str]) -> bool:
    """Take all that the app makes to be what was asked of it: the default."""
    del record, makers
    return False


def any_grant(scopes: Collection[str]) -> bool:
    """Believe that any grant may write until the app says otherwise: the default."""
    del scopes
    return True


def one_call(action: Action, fields: Collection[str]) -> int:
    """Count one call a step: the default."""
    del action, fields
    return 1


class Around(Protocol):
    """What a record will have around it in the target once all is restored, as far as a plan can tell."""

    @property
    def me(self) -> str:
        """The app's id of the person whose grant writes."""
        ...

    def beside(self, kind: Kind) -> Sequence[JsonObject]:
        """Views of those of one kind in the same workspace, names exchanged. The kind is one that is made before."""
        ...

    def named(self, kind: Kind, name: str) -> Record | None:
        """Find what the target has under a name now: an id, of a record's kind, or a further name that is not local."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a plan can tell of a write that depends on what is around the record."""

    cannot: str | None = None
    """Why it cannot be made."""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Fields that the app will not take, each with why. The rest is written."""


def nothing_foreseen(view: JsonObject, around: Around) -> Foreseen:
    """Most writes depend on nothing around them: the default."""
    del view, around
    return Foreseen()


@dataclass(frozen=True, slots=True, kw_only=True)
class KindWriting:
    """How records of one kind are put back. Its functions are pure.

    Fields are those of the view, one inside an object with a dot: `prefs.voting`. `KindSpec.lost_on_restore` names the
    fields of the view that cannot come back, in the same way; every other field has to be equal in the end.
    """

    kind: Kind
    can_create: bool = True
    """False for what is only looked for in the target: people."""
    unseen: bool = False
    """Whether the target may have some that no read shows: people, where an app tells only of those in what is read."""
    created_with: frozenset[str] = frozenset()
    updated_with: frozenset[str] = frozenset()
    late: frozenset[str] = frozenset()
    """Those of `updated_with` that are written last, children before what they lie in."""
    blank: Mapping[str, Any] = field(default_factory=dict)
    """What a field is in a record just made without it: one that is to be just that is not written.

    A field that a held record does not have at all is taken to be blank where it is named here. Of others nothing is
    known, so they are neither written nor compared.
    """
    references: tuple[Reference, ...] = ()
    names: Callable[[Record], Iterable[Name]] = no_names
    alike: tuple[str, ...] = ()
    """Fields by which a record in the target, of the same parent, stands for a held one of another id: a label's name
    and color. Only for kinds of which a second one of the same would be a nuisance."""
    parent_required: bool = True
    """Whether it can be made in nothing but its parent. A board whose organization is gone goes without."""
    made_with: Kind | None = None
    """The kind of which the app wants the first record below it to make it: a wiki page comes with its first version.
    That one's own creation then finds it there."""
    view: Callable[[Record], JsonObject] = whole_content
    """What of a record is compared and written. To be overridden where content holds it in a form that cannot be."""
    written: Callable[[Record], JsonObject] | None = None
    """The view of a held record as it is to be in the target, names not yet exchanged: a comment with its author and
    date in front. None: the view."""
    sort: Callable[[Record], Any] = by_id
    """The order in which those of one kind are made: by position, by date. Keys of one kind can be compared."""
    grows: frozenset[str] = frozenset()
    """Fields that are lists of which the target may have more than is held: what it has beyond is left alone."""
    is_archived: Callable[[JsonObject], bool] = never_archived
    archive_field: str | None = None
    """The field of the view that says so, one of `late`."""
    archive_blocks: bool = False
    """Whether nothing can be written inside while it is archived."""
    unarchives: bool = True
    """Whether a request takes it out of the archive again. Where only a person can, what is archived stays so."""
    cannot: Callable[[Record, Record | None, str], str | None] = nothing_against
    """Say, as one sentence, why this very record cannot be made (no counterpart) or changed to what is held. The last
    argument is the app's id of the person whose grant writes."""
    loses: Callable[[Record, str], Mapping[str, str]] = nothing_more
    """Name the fields that this very record loses and others of its kind do not, each with why. The last argument is as
    in `cannot`."""
    foresee: Callable[[JsonObject, Around], Foreseen] = nothing_foreseen
    """Say what the app will refuse of the view as it is to be in the target, its names exchanged: who is no member of
    a project can be assigned nothing in it. Asked only where something is to be written; a name that is not known yet
    begins with a zero character."""
    is_unasked: Callable[[Record, Collection[str]], bool] = never_unasked
    """Whether the app makes such a record beside what was asked of it: the membership of whoever makes a board. The
    last argument are the app's ids of those whose grants write."""
    calls: Callable[[Action, Collection[str]], int] = one_call

    def to_write(self, record: Record, *, itself: bool) -> JsonObject:
        """View a held record as it is to be in the target, names not yet exchanged.

        `itself`: where it is changed back, and not made anew.
        """
        return self.view(record) if itself or self.written is None else self.written(record)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppWriting:
    """How an app's records are put back."""

    kinds: tuple[KindWriting, ...]
    """In the order they are made: what others lie in and name comes first."""
    budgets: Sequence[Budget]
    """What the app allows, to say how long a restore takes."""
    call_seconds: float = 0.5
    """About how long one write takes."""
    lanes: int = 4
    """How many workspaces may be written side by side; within one, writes go one after the other."""
    global_ids: bool = True
    """Whether an id means the same record through every connection of the app. Not so where each has its own server."""
    replay_seconds: float = 0.0
    """For how long the app answers a creation's `key`, sent again, with what it did the first time. Zero: it has no
    such thing, and what an interruption may have left is looked for in the target."""
    settle_seconds: float = 0.0
    """How long after a write listings may show what was before: what seems wrong is looked at again until then."""
    may_write: Callable[[Collection[str]], bool] = any_grant
    """Tell from a grant's scopes (`Identity.scopes`) whether it may write."""
    scratch: Kind | None = None
    """The kind of workspace that a drill may make, and discard afterwards; None where the app gives none."""
    scratch_field: str = "name"
    """The field that names it to people."""
    scratch_with: Mapping[str, Any] = field(default_factory=dict)
    """What else such a workspace is made with, by field, dotted where nested: so that nobody but its maker sees it."""
    scratch_without: frozenset[Kind] = frozenset()
    """Kinds that are not restored into it: memberships, of which people would be told."""

    @property
    def by_kind(self) -> Mapping[Kind, KindWriting]:
        """The rules by kind."""
        return {rules.kind: rules for rules in self.kinds}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """The bytes that belong to a record to be made: a file whose parent it is."""

    name: str
    media_type: str | None
    size_bytes: int
    open: OpenUpload


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """A record to be made. Every name in it is one of the target's."""

    kind: Kind
    workspace_id: WorkspaceId | None
    """Where it goes; None for what makes a workspace of its own."""
    parent: ParentRef | None
    fields: Mapping[str, Any]
    """What to set: of `created_with`, what the held record has. Dotted names stay dotted."""
    content: JsonObject
    """The whole view as it is to be in the end."""
    file: FileContent | None
    first: JsonObject | None = None
    """The view of the first record below it of the kind that it is made with; None where none is restored."""
    key: str
    """A UUID: the same at every attempt, and of this creation alone. For `Idempotency-Key` and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A record to be changed. Every name in it is one of the target's."""

    kind: Kind
    workspace_id: WorkspaceId
    external_id: ExternalId
    parent: ParentRef | None
    fields: Mapping[str, Any]
    """What to set, of `updated_with`."""
    content: JsonObject
    unarchive: bool
    """Take it out of the archive first, whatever `fields` say."""
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A record as it is after a write."""

    workspace_id: WorkspaceId
    external_id: ExternalId
    content: JsonObject
    """As a read would give it, as far as the answer says; `names` are taken from it."""
    lost: Mapping[str, str] = field(default_factory=dict)
    """Fields that the app refused, each with why: all else was written."""


class Writer(Protocol):
    """Writes to one app with one grant. Stateless; used by several tasks, but by one at a time for each workspace.

    Raises only ConnectorError: Retriable where it may or may not have been done; Unauthorised where the grant no longer
    works; Forbidden where another grant may; any other where this very record cannot be written. What a file to be
    uploaded raises passes through.
    """

    async def create(self, creation: Creation) -> Made:
        """Make one record. Not idempotent, and never repeated by the engine before it has looked for the first.

        Where it takes several calls, all but the last leave nothing behind that a repetition would double.
        """
        ...

    async def update(self, change: Change) -> Made:
        """Change one record. Idempotent: repeated after any interruption it comes to the same."""
        ...

    async def discard(self, workspace_id: WorkspaceId) -> None:
        """Delete a workspace that a drill made. Idempotent. Never called where `scratch` is None."""
        ...


class WritingConnector(Connector, Protocol):
    """A connector that can restore, too."""

    writing: AppWriting

    def writer(self, grant: Grant) -> Writer:
        """Write with this grant. Closed with the connector."""
        ...
