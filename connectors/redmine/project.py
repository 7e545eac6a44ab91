"""Project: one project read: itself, its issues, its lists and its wiki, as far as they differ, or whole."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Complete, Held, Item, Ledger
from connectors.errors import BadReply
from connectors.redmine import kinds, split
from connectors.redmine.client import RedmineClient
from connectors.redmine.giving import Giver
from connectors.redmine.identity import number_in
from connectors.redmine.issues import IssueReader
from connectors.redmine.kinds import ISSUE, OF_PROJECT
from connectors.redmine.listing import INCLUDED, Listing, SeenProject
from connectors.redmine.lists import ListReader
from connectors.redmine.marks import pack, unpack
from connectors.redmine.state import Known
from connectors.redmine.wiki import WikiReader
from store.record import ExternalId, Kind, ParentRef


@dataclass(slots=True, kw_only=True)
class ProjectReader:
    """Reads one project, once. Afterwards it knows what to remember."""

    project: SeenProject
    listing: Listing
    takes: Callable[[SeenProject], bool]
    known: Known | None
    why: str
    """Why it is read whole; empty where only what differs is read."""
    utc_now: Callable[[], datetime]
    now: datetime
    learnt: Known | None = None
    giver: Giver = field(default_factory=Giver)

    async def read(self, clients: Sequence[RedmineClient], held: Held) -> AsyncIterator[Item]:
        """Read it with the first of these clients; issues that it does not see, with the others."""
        clients = [client.metered() for client in clients]
        client, known, full = clients[0], self.known or Known(), bool(self.why)
        told = known.digest != self.project.digest
        if told or full:
            async for item in self._itself(client):
                yield item
        issues = IssueReader(
            project=self.project,
            listing=self.listing,
            takes=self.takes,
            clients=clients,
            giver=self.giver,
            known=unpack(known.marks.get(ISSUE, "")),
            full=full,
            look=known.again,
            newest=known.newest,
            utc_now=self.utc_now,
        )
        async for item in self._issues(issues, held):
            yield item
        issue_ids = issues.ids
        if ISSUE in self.giver.failed:
            # What was not listed this time still has its time entries.
            held_ids = await held(self.project.workspace_id, ISSUE)
            issue_ids = {number_in(found): found for found in held_ids} | dict(issue_ids)
        lists = ListReader(
            project=self.project,
            client=client,
            giver=self.giver,
            known=known.marks,
            known_files=known.files,
            full=full,
            look=known.again,
            issue_ids=issue_ids,
        )
        async for item in lists.read(held):
            yield item
        wiki = WikiReader(
            project=self.project,
            client=client,
            giver=self.giver,
            known=known.wiki,
            full=full,
            look=known.again,
        )
        async for item in wiki.read(held):
            yield item
        told = told or issues.told or lists.told or wiki.told or known.again
        if full:
            yield Complete(workspace_id=self.project.workspace_id, kinds=OF_PROJECT - self.giver.failed)
        self.learnt = self._learn(known, issues, lists, wiki)
        claimed = dict(lists.claimed)
        if issues.claimed is not None:
            claimed[ISSUE] = issues.claimed
        yield self._ledger(told=told, claimed=claimed, clients=clients)

    async def _itself(self, client: RedmineClient) -> AsyncIterator[Item]:
        """Ask for the project: the listing names neither its homepage nor its defaults."""
        value = await client.get(f"/projects/{self.project.number}.json", "project", include=INCLUDED)
        workspace_id = self.project.workspace_id
        if value.get("id") != self.project.number:
            raise BadReply(f"project {workspace_id} was asked for, and another given")
        above = self.listing.parent_of(self.project)
        parent = ParentRef(kind=kinds.PROJECT, external_id=ExternalId(above)) if above else None
        own = split.record(
            workspace_id,
            kinds.PROJECT,
            ExternalId(workspace_id),
            value,
            parent,
            changed_at=value.get("updated_on"),
        )
        for item in self.giver.give([own], client):
            yield item

    async def _issues(self, issues: IssueReader, held: Held) -> AsyncIterator[Item]:
        modules = self.project.modules
        if modules is None or "issue_tracking" in modules:
            async for item in issues.read(held):
                yield item
            return
        # The module is switched off: its issues are hidden, not gone.
        issues.keep()
        self.giver.failed.update({ISSUE, *kinds.OF_ISSUE})

    def _learn(self, known: Known, issues: IssueReader, lists: ListReader, wiki: WikiReader) -> Known:
        doubtful = self.giver.doubtful or not issues.settled
        whole = bool(self.why) and not self.giver.doubtful
        return Known(
            digest=self.project.digest,
            marks={**lists.marks, ISSUE: pack(issues.marks)},
            wiki=wiki.digests,
            files=lists.files,
            newest=issues.newest,
            parent_id=self.listing.parent_of(self.project),
            again=doubtful,
            full_at=self.now if whole else known.full_at,
        )

    def _ledger(self, *, told: bool, claimed: dict[Kind, int], clients: Sequence[RedmineClient]) -> Ledger:
        lists = "every issue, list and page as listed equal"
        evidence = self.why or ("what is listed differs" if told else lists)
        return Ledger(
            workspace_id=self.project.workspace_id,
            read="full" if self.why else "changed" if told else "unchanged",
            evidence=evidence,
            pages=sum(client.meter.requests for client in clients),
            claimed=claimed if told or self.why else {},
            grant_id=clients[0].grant.grant_id,
            silent=bool(self.why) and not told and self.known is not None,
        )
