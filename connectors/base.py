"""The connector base: what an app's folder must offer, and the items a read yields."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connectors.http import HttpSettings
from store.record import ExternalId, JsonObject, Kind, ParentRef, Record, WorkspaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSpec:
    """What can be said of one record type of an app: shown in GraphQL, README and restore plans."""

    kind: Kind
    title: str
    """The app's own word for it, for people."""
    description: str
    backed_up: bool
    restorable: bool
    why_not: str | None = None
    """Why it is not backed up or not restorable, in one sentence; None where both hold."""
    title_field: str | None = None
    """The content field that names a record of this kind to people, dotted where nested."""
    is_workspace: bool = False
    volatile: Mapping[str, str] = field(default_factory=dict)
    """Content field, dotted where nested → why it is left out: it changes without the record changing."""
    lost_on_restore: Mapping[str, str] = field(default_factory=dict)
    """Field → why a restore cannot bring it back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthField:
    """One value a person gives to connect: an API key, a token."""

    name: str
    title: str
    secret: bool
    required: bool = True
    help: str = ""
    """Where a person finds it, in a sentence."""
    is_address: bool = False
    """Whether it says which server of the app to ask, as https://host/path: for apps that people host themselves.

    All grants of a connection name the same one. `connectors.address.server_address` is what it is kept as.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthMethod:
    """One way to authorise: `key_token`, `oauth2`."""

    name: str
    title: str
    fields: tuple[AuthField, ...]
    """What the person types. Empty for OAuth, where `authorize_url` starts the flow."""
    help: str
    is_oauth2: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSetting:
    """One thing about an app that whoever runs Holdfast can set: the variable is `HOLDFAST_<APP>_<NAME>`."""

    name: str
    """`url`, `client_id`."""
    meaning: str
    default: str | None = None
    secret: bool = False
    is_url: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSpec:
    """An app, as clients see it before anything is connected."""

    app: str
    """Its name in URLs and SQL, and of its folder: `trello`."""
    title: str
    kinds: Mapping[Kind, KindSpec]
    auth_methods: tuple[AuthMethod, ...]
    not_reachable: tuple[str, ...]
    """What the app's API cannot give back, in sentences."""
    settings: tuple[AppSetting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose grant it is, as the app says: asked when connecting, and before each cycle."""

    subject: str
    """The app's id of the person."""
    name: str
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One person's authorisation, opened for use. `credentials` never reaches a log, an error or `repr`."""

    grant_id: str
    method: str
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to back up: everything reachable, less `excluded`; or, where `included` is given, only that."""

    included: frozenset[WorkspaceId] | None = None
    excluded: frozenset[WorkspaceId] = frozenset()

    def takes(self, *workspace_ids: WorkspaceId) -> bool:
        """Whether a workspace is in scope, given its own id and those of the workspaces it lies in."""
        if any(workspace_id in self.excluded for workspace_id in workspace_ids):
            return False
        return self.included is None or any(workspace_id in self.included for workspace_id in workspace_ids)


class FullReason(StrEnum):
    """Why a cycle reads everything."""

    FIRST = "first"
    SCHEDULED = "scheduled"
    ASKED = "asked"


class Held(Protocol):
    """What the last snapshot holds, for connectors whose app lists less than there is."""

    async def __call__(self, workspace_id: WorkspaceId, kind: Kind) -> Mapping[ExternalId, ExternalId | None]:
        """Return the ids of one kind's records in a workspace, each with its parent's. No request to the app."""
        ...


async def nothing_held(workspace_id: WorkspaceId, kind: Kind) -> Mapping[ExternalId, ExternalId | None]:
    """Hold nothing: before the first snapshot."""
    del workspace_id, kind
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJob:
    """What one cycle asks of a connector."""

    grants: Sequence[Grant]
    scope: Scope
    state: JsonObject
    """What this connector said with `State` at the end of the last committed cycle; `{}` at first."""
    cursor: JsonObject | None
    """What it said with `Checkpoint` before this same cycle was interrupted; None at its start."""
    full: FullReason | None
    now: datetime
    is_last_attempt: bool = False
    """No other follows: what the app does not answer for is left out with a warning, so that all else is kept."""
    dirty: frozenset[WorkspaceId] = frozenset()
    """Workspaces that the app has called about since they were last read: read these, whatever else says so."""
    unfinished: frozenset[WorkspaceId] = frozenset()
    """Workspaces of which the last cycle could not read a file: read these again, whatever else says so."""
    listening: frozenset[WorkspaceId] = frozenset()
    """Workspaces about whose changes the app would have called. Evidence, never proof: calls get lost."""
    held: Held = nothing_held


# What a read yields. Order matters: everything before a `Checkpoint` is durable once it is passed.


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A unit of scope that the grants can see (in scope or not)."""

    workspace_id: WorkspaceId
    kind: Kind
    name: str
    parent_workspace_id: WorkspaceId | None
    in_scope: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Some records, all of one kind and workspace. One yielded again in the same cycle replaces its earlier state."""

    records: Sequence[Record]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Records that are there, and were not read because they are as they were: what is held of them stays.

    Of ids that are not held nothing is kept.
    """

    workspace_id: WorkspaceId
    kind: Kind
    external_ids: Collection[ExternalId]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that belongs to a record. `revision` changes when the bytes may have; a file held in it is not fetched."""

    workspace_id: WorkspaceId
    external_id: ExternalId
    parent: ParentRef
    name: str
    media_type: str | None
    size_bytes: int | None
    revision: str
    open: "OpenFile"


class OpenFile(Protocol):
    """Starts the download; works until the connector is closed."""

    def __call__(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Make a new request. Raises ConnectorError; never yields more than it declared, nor less without raising."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """Workspaces that are read from their beginning: what this cycle gave of them before no longer counts."""

    workspace_ids: frozenset[WorkspaceId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Every living record of these kinds in this workspace was yielded or kept: one held that was not is deleted."""

    workspace_id: WorkspaceId
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteBelow:
    """Every living record of `kinds` below these records, at any depth, has been yielded: the others are deleted.

    Wherever they are held: what hangs below a record moves with it.
    For a workspace of which only some records are read: those that changed, with what hangs below them.
    """

    workspace_id: WorkspaceId
    kind: Kind
    external_ids: Sequence[ExternalId]
    kinds: frozenset[Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """These records are certainly deleted in the app, and with them what is of the kinds `below` and hangs below them.

    One that is yielded in the same cycle lives all the same.
    """

    workspace_id: WorkspaceId
    kind: Kind
    external_ids: Sequence[ExternalId]
    below: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """A whole workspace is certainly deleted in the app: every record held of it is."""

    workspace_id: WorkspaceId
    evidence: str


class WarningCode(StrEnum):
    """What can be less than whole about a capture. Every one is in the manifest's ledger and in GraphQL."""

    CAP_MET = "CAP_MET"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    DRIFT = "DRIFT"
    FORBIDDEN = "FORBIDDEN"
    WORKSPACE_LOST = "WORKSPACE_LOST"
    GRANT_LOST = "GRANT_LOST"
    BAD_RECORD = "BAD_RECORD"
    FILE_FAILED = "FILE_FAILED"
    UNANSWERED = "UNANSWERED"
    UNSTABLE = "UNSTABLE"
    UNKNOWN_KIND = "UNKNOWN_KIND"
    RESET = "RESET"
    API_VERSION = "API_VERSION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something was not captured, or not surely. `where` is ids, never content."""

    code: WarningCode
    where: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """How one workspace was judged: goes into the signed manifest as it is."""

    workspace_id: WorkspaceId
    read: str
    """`full`, `changed` or `unchanged`."""
    evidence: str
    """What that rests on: `dateLastActivity equal`, `first cycle`."""
    pages: int = 0
    claimed: Mapping[Kind, int] = field(default_factory=dict)
    """How many the app says there are, where it says."""
    grant_id: str | None = None
    silent: bool = False
    """Read although everything that is asked first said that nothing had changed: what differs all the same is drift,
    a change that an incremental cycle would have missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where the read stands, for the progress bar: workspaces done of all known."""

    done: int
    total: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """All yielded before this can be saved; a cycle that is interrupted resumes with `cursor`."""

    cursor: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What to remember for the next cycle; yielded once, last. Kept only if the cycle commits."""

    state: JsonObject


Item = (
    Workspace
    | Records
    | Kept
    | File
    | Anew
    | Complete
    | CompleteBelow
    | Deleted
    | Vanished
    | Warned
    | Ledger
    | Progress
    | Checkpoint
    | State
)


class Connector(Protocol):
    """One app. Stateless between calls; safe to use from several tasks; every method raises only ConnectorError."""

    spec: AppSpec

    async def identify(self, grant: Grant) -> Identity:
        """Ask the app whose grant this is. One request. Unauthorised when it no longer works."""
        ...

    def read(self, job: ReadJob) -> AsyncGenerator[Item, None]:
        """Read one cycle. Idempotent: reading twice gives equal content. To be closed (`aclosing`) when left early.

        Memory is bounded by some pages and one workspace's ids, whatever the account's size. Retries passing faults
        itself within its time-out; what outlives that is raised as Retriable, after which the cycle resumes from the
        last Checkpoint. One bad record is a Warned, never a raise.
        """
        ...

    def authorize_url(self, *, redirect_uri: str, state: str, code_challenge: str, for_restores: bool = False) -> str:
        """Where to send a person to authorise by OAuth 2.0 with PKCE (RFC 7636, S256).

        Asks for no more than backups need, unless it is `for_restores` too.
        """
        ...

    async def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Mapping[str, str]:
        """Turn an authorisation code into credentials. Not idempotent: a code works once."""
        ...

    async def refresh(self, grant: Grant) -> Mapping[str, str] | None:
        """Return new credentials where the old ones are about to expire, else None.

        A refresh token works once: the caller holds a lock on the grant, and saves what is returned before using it.
        """
        ...

    async def aclose(self) -> None:
        """Close its connections. Nothing works afterwards, files that were yielded included."""
        ...


class ConnectorFactory(Protocol):
    """Makes an app's connector: every `connectors/<app>/connector.py` has one by the name `make`."""

    def __call__(self, settings: Mapping[str, str], http: HttpSettings) -> Connector:
        """Make one; it belongs to the event loop that first uses it.

        `settings` holds, by name, those of the spec's settings that are set or have a default.
        """
        ...
