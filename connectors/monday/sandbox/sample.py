"""Sample: made-up workspaces, the same for the same seed: everything there is, or many items of one kind."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.monday.sandbox import words
from connectors.monday.sandbox.changes import boards, columns, docs, files, groups, items, people, updates
from connectors.monday.sandbox.objects import Board, Group, Item, Json, User, Workspace
from connectors.monday.sandbox.stamps import exact_stamp
from connectors.monday.sandbox.world import World
from connectors.stand_in.clock import Clock, ManualClock, WallClock

_WHOLE = (0, 1)
"""The items that have something in every column."""
BEGINNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How much of what."""

    items_each: int = 12
    """On the boards that have everything."""
    plain_boards: int = 0
    plain_items: int = 3
    big_items: int = 0
    """On one more board, with a subitem, a relation or a file on some."""
    large_file_bytes: int = 300_000


SAMPLES = {
    "small": Sample(),
    "big": Sample(big_items=10_000),
    "wide": Sample(plain_boards=100),
}

COLUMNS: tuple[tuple[str, str, str, Json | None], ...] = (
    ("person", "people", "Who", {"max_people_allowed": 0}),
    ("status", "status", "Stage", None),
    ("priority", "status", "Priority", {"labels": [
        {"id": 0, "label": "High", "color": "stuck_red", "index": 0, "is_done": False},
        {"id": 7, "label": "Low", "color": "bright_blue", "index": 7, "is_done": False,
         "description": "when there is time"},
    ]}),
    ("due", "date", "Due", None),
    ("span", "timeline", "From and to", None),
    ("week", "week", "Week", None),
    ("hour", "hour", "Collection", None),
    ("text", "text", "Lot", None),
    ("notes", "long_text", "Notes", None),
    ("kilos", "numbers", "Kilos", {"unit": {"symbol": "kg", "direction": "right"}}),
    ("price", "numbers", "Price", {"unit": {"symbol": "€", "direction": "left"}}),
    ("numeric_mkq7w2xd", "numbers", "Bags", None),  # an id as the app makes them, which no client can choose
    ("total", "formula", "Total", {"formula": "{kilos}*{price}"}),
    ("paid", "checkbox", "Paid", None),
    ("score", "rating", "Cup score", {"limit": 5}),
    ("site", "link", "Web site", None),
    ("mail", "email", "Mail", None),
    ("phone", "phone", "Phone", None),
    ("country", "country", "Origin", None),
    ("place", "location", "Where", None),
    ("clock", "world_clock", "Time there", None),
    ("colour", "color_picker", "Bag colour", None),
    ("process", "dropdown", "Process", {"labels": [
        {"id": 1, "label": "washed", "is_deactivated": False}, {"id": 2, "label": "natural", "is_deactivated": False},
    ]}),
    ("marks", "tags", "Tags", None),
    ("papers", "file", "Papers", None),
    ("contract", "doc", "Contract", None),
    ("timer", "time_tracking", "Time", None),
    ("votes", "vote", "Votes", None),
    ("number", "auto_number", "No.", None),
    ("made", "creation_log", "Made", None),
    ("changed", "last_updated", "Changed", None),
    ("ident", "item_id", "Id", None),
    ("progress", "progress", "Progress", None),
    ("press", "button", "Remind", {"button_text": "Remind"}),
    ("crew", "team", "Team", None),
    ("issue", "integration", "Issue", None),
)  # fmt: skip


def generate(sample: Sample | str = "small", *, seed: int = 1, clock: Clock | None = None) -> World:
    """Make a world. Its history begins in March 2026; afterwards it runs on `clock`, the wall's by default."""
    size = SAMPLES[sample] if isinstance(sample, str) else sample
    time = ManualClock(BEGINNING)
    world = World(clock=time, seed=seed)
    _Maker(world, time, random.Random(seed)).make(size)  # noqa: S311 - repeatable, not a secret
    world.clock = clock or WallClock()
    return world


class _Maker:
    def __init__(self, world: World, time: ManualClock, chance: random.Random) -> None:
        self.world = world
        self.time = time
        self.chance = chance
        self.people: list[User] = []

    def make(self, size: Sample) -> None:
        world = self.world
        self.people = [
            people.join(world, name, mail, kind=kind, title=title) for name, mail, kind, title in words.PEOPLE
        ]
        name, mail, kind, title = words.LEFT
        people.join(world, name, mail, kind=kind, title=title).status = "INACTIVE"
        owner = self.people[0]
        main = boards.create_workspace(world, owner, "Main workspace")
        main.is_default_workspace = True
        roastery = boards.create_workspace(world, owner, "Roastery", description="Everything that is roasted here")
        books = boards.create_workspace(world, owner, "Books", kind="closed")
        books.user_ids.append(self.people[4].id)
        team = people.create_team(world, "Roasters", [x.id for x in self.people[:3]], owner_ids=[owner.id])
        people.create_team(world, "Printers", [self.people[5].id], owner_ids=[owner.id], guest=True)
        roastery.team_ids.append(team.id)
        roastery.team_owner_ids.append(team.id)
        roastery.user_ids += [self.people[1].id, self.people[2].id]
        roastery.owner_ids.append(self.people[1].id)
        for word in words.TAGS:
            people.tag(world, word)
        suppliers = self.suppliers(roastery)
        purchasing = self.purchasing(roastery, suppliers, size)
        self.levels(roastery)
        self.books(books)
        self.documents(roastery)
        self.put_away(main, purchasing)
        for at in range(size.plain_boards):
            self.plain(f"Archive box {at + 1:04d}", main, size.plain_items)
        if size.big_items:
            self.big(roastery, suppliers, size.big_items)

    def anyone(self) -> User:
        return self.people[self.chance.randrange(4)]

    def one_in(self, chances: int) -> bool:
        return self.chance.randrange(chances) == 0

    def pass_time(self) -> None:
        self.time.advance(self.chance.uniform(60, 5400))

    def suppliers(self, workspace: Workspace) -> Board:
        """Make the board that others point at."""
        world, owner = self.world, self.people[0]
        board = boards.create(world, owner, "Suppliers", workspace_id=workspace.id, empty=True)
        columns.add(world, owner, board, "Standing", "status", column_id="standing")
        columns.add(world, owner, board, "Since", "date", column_id="since")
        for at, name in enumerate(words.SUPPLIERS):
            self.pass_time()
            values = {"standing": {"index": at % 3}, "since": {"date": f"20{10 + at}-0{1 + at}-15"}}
            items.create(world, owner, board, name, values=values)
        return board

    def purchasing(self, workspace: Workspace, suppliers: Board, size: Sample) -> Board:
        """Make the board with everything on it."""
        world, owner = self.world, self.people[0]
        shelf = boards.create_folder(world, owner, "Buying", workspace_id=workspace.id, color="DARK_ORANGE")
        inner = boards.create_folder(world, owner, "This year", workspace_id=workspace.id, parent_id=shelf.id)
        board = boards.create(
            world, owner, "Green coffee", workspace_id=workspace.id, folder_id=inner.id, empty=True,
            description="What is ordered, from whom, and how far it is.", item_terminology="lot",
        )  # fmt: skip
        people.subscribe(world, owner, board, [x.id for x in self.people[1:5]])
        people.subscribe_teams(board, list(world.teams.values())[:1])
        for column_id, kind, title, settings in COLUMNS:
            columns.add(world, owner, board, title, kind, column_id=column_id, settings=settings)
        tied = {"boardIds": [suppliers.id], "allowMultipleItems": True}
        columns.add(world, owner, board, "Supplier", "board_relation", column_id="supplier", settings=tied)
        shown = [{"board_id": str(suppliers.id), "column_ids": ["standing", "since"]}]
        mirror = {"relation_column": {"supplier": True}, "displayed_linked_columns": shown}
        columns.add(world, owner, board, "Standing of it", "mirror", column_id="standing_of", settings=mirror)
        columns.add(world, owner, board, "After", "dependency", column_id="after", settings={"boardIds": [board.id]})
        board.columns["notes"].description = "What the cupping said"
        board.columns["text"].width = 210
        first = board.groups[boards.FIRST_GROUP]
        shelves = [first] + [
            groups.add(world, owner, board, title, relative_to=first.id) for title in ("Under way", "In the house")
        ]
        away = groups.add(world, owner, board, "Last year", relative_to=shelves[-1].id)
        made = [self.lot(board, suppliers, self.chance.choice(shelves), at) for at in range(size.items_each)]
        for item in made[1::4]:
            items.change(world, self.anyone(), item, {"after": {"item_ids": [made[0].id]}})
        for at, item in enumerate(made):
            if at % 2 == 0:
                self.steps(item)
        self.file(made[0], "roast-curve.bin", None, size=size.large_file_bytes)
        items.create(world, owner, board, "An old lot", group_id=away.id)
        groups.remove(world, owner, board, away.id, archive=True)
        items.remove(world, owner, made[-1], archive=True)
        items.remove(world, owner, items.create(world, owner, board, "A mistake"), archive=False)
        order = [{"column_id": "due", "direction": "asc"}]
        people.add_view(world, owner, board, "By date", "TableBoardView", sort=order, settings={"columns": {}})
        people.add_view(world, owner, board, "Order form", "FormBoardView")
        return board

    def lot(self, board: Board, suppliers: Board, group: Group, at: int) -> Item:
        """Make an item with something in most columns."""
        world, actor = self.world, self.anyone()
        self.pass_time()
        name = f"{self.chance.choice(words.VERBS)} {self.chance.choice(words.ORIGINS)}"
        values = {key: value for key, value in self.values(at).items() if at in _WHOLE or not self.one_in(4)}
        values["supplier"] = {"item_ids": [self.chance.choice(suppliers.item_ids)]}
        item = items.create(world, actor, board, name, group_id=group.id, values=values)
        self.rest(item, at)
        return item

    def values(self, at: int) -> dict[str, Any]:
        """Make a value for every column that takes one."""
        chance, world = self.chance, self.world
        city, lat, lng, country, code = words.PLACES[at % len(words.PLACES)]
        tags = list(world.tags)
        teams = [{"id": next(iter(world.teams)), "kind": "team"}] if at % 3 == 0 else []
        return {
            "person": {"personsAndTeams": [{"id": self.anyone().id, "kind": "person"}, *teams]},
            "status": {"index": at % 3},
            "priority": {"label": ("High", "Low")[at % 2]},
            "due": {"date": f"2026-0{1 + at % 9}-1{at % 9}", **({"time": "09:30:00"} if at % 2 else {})},
            "span": {"from": "2026-04-01", "to": f"2026-05-{10 + at % 20}"},
            "week": {"week": {"startDate": "2026-06-08", "endDate": "2026-06-14"}},
            "hour": {"hour": (at * 5) % 24, "minute": 15},
            "text": f"LOT-{1000 + at}",
            "notes": {"text": "\n".join(chance.sample(words.SENTENCES, 2))},
            "kilos": str(60 * (1 + at)),
            "price": f"{5 + at / 8:.3f}",
            "numeric_mkq7w2xd": str(2 + at),
            "paid": {"checked": "true"},
            "score": {"rating": 1 + at % 5},
            "site": {"url": f"https://example.com/lots/{at}?a=b&c=ü", "text": "The lot"},
            "mail": {"email": f"sales{at}@example.com", "text": "Sales"},
            "phone": {"phone": f"+49301234{at:03d}", "countryShortName": "DE"},
            "country": {"countryCode": code, "countryName": country},
            "place": {"lat": lat, "lng": lng, "address": f"Harbour 1, {city}",
                      "city": {"long_name": city, "short_name": city[:2]}},
            "clock": {"timezone": "Africa/Addis_Ababa"},
            "colour": {"color": {"hex": "#037f4c"}},
            "process": {"ids": [1 + at % 2]},
            "marks": {"tag_ids": [tags[at % len(tags)], tags[(at + 1) % len(tags)]]},
        }  # fmt: skip

    def rest(self, item: Item, at: int) -> None:
        """Give an item what no value makes: files, a document, talk, a timer, votes."""
        world, actor, chance = self.world, self.anyone(), self.chance
        board = world.boards[item.board_id]
        if at % 3 == 0:
            self.file(item, f"scan {at}.png", chance.randbytes(900 + at), media_type="image/png")
            held = item.values["papers"]["files"]
            kept = {
                "name": "Price list", "fileId": world.ids.uuid(), "fileType": "LINK", "linkToFile": "https://example.com/p",
                "createdAt": exact_stamp(world.now()), "createdBy": actor.id,
            }  # fmt: skip
            items.keep(world, actor, item, "papers", {"files": [*held, kept]})
        if at % 5 == 0:
            doc = docs.create(
                world, actor, f"Contract {at}", workspace_id=board.workspace_id, item=item, column_id="contract"
            )
            docs.add_markdown(world, actor, doc, f"# Contract {at}\n{chance.choice(words.SENTENCES)}")
        if at % 4 == 0:
            about = docs.create(world, actor, item.name, item=item)
            docs.add_markdown(world, actor, about, "## About\n- first\n- second")
            files.add_to_gallery(world, item, files.upload(world, actor, "naïve sketch.jpg", chance.randbytes(700)))
        if at % 6 == 0:
            session = {
                "id": 9_000 + at, "status": "active", "started_user_id": actor.id, "ended_user_id": actor.id,
                "started_at": "2026-03-04T08:00:00Z", "ended_at": "2026-03-04T09:00:00Z",
                "created_at": "2026-03-04T09:00:00Z", "updated_at": "2026-03-04T09:00:00Z",
                "manually_entered_start_date": False, "manually_entered_end_date": False,
                "manually_entered_start_time": False, "manually_entered_end_time": False,
            }  # fmt: skip
            timer = {"running": "false", "duration": 3600, "additional_value": [session]}
            items.keep(world, actor, item, "timer", timer)
            items.keep(world, actor, item, "votes", {"votersIds": [x.id for x in self.people[:2]]})
            items.keep(
                world, actor, item, "crew", {"team_id": next(iter(world.teams)), "changed_at": exact_stamp(world.now())}
            )
            items.keep(
                world,
                actor,
                item,
                "issue",
                {"entity_id": "77", "issue_id": "COF-77", "issue_api_url": "https://x.example"},
            )
        self.talk(item, at)

    def talk(self, item: Item, at: int) -> None:
        """Write updates and replies on an item."""
        world, chance = self.world, self.chance
        for number in range(at % 3):
            self.pass_time()
            said = updates.create(world, self.anyone(), item, f"<p>{chance.choice(words.SENTENCES)} &amp; so on</p>")
            if number == 0:
                answer = updates.create(world, self.anyone(), None, "<p>Will do.</p>", parent=said)
                files.add_to_update(answer, files.upload(world, self.anyone(), "reply.txt", b"as agreed\n" * 20))
                updates.like(world, self.anyone(), said, reaction="Love")
                updates.like(world, self.anyone(), answer)
            else:
                files.add_to_update(said, files.upload(world, self.anyone(), "sums & more.csv", b"a;b\n1;2\n" * 50))
                said.pinned_to.append(item.id)

    def steps(self, item: Item) -> None:
        """Put subitems below an item, on a board of their own with columns of its own."""
        world, actor = self.world, self.anyone()
        for at, text in enumerate(self.chance.sample(words.STEPS, 1 + len(item.name) % 3)):
            made = items.create_subitem(world, actor, item, text)
            board = world.boards[made.board_id]
            if "proof" not in board.columns:
                columns.add(world, actor, board, "Proof", "file", column_id="proof")
                columns.delete(world, actor, board, board.columns["date0"])
            items.change(world, actor, made, {"status": {"index": at % 3}, "person": {
                "personsAndTeams": [{"id": actor.id, "kind": "person"}]}})  # fmt: skip
            if at == 1:
                upload = files.upload(world, actor, "proof.txt", b"proof\n" * 9)
                files.add_to_column(world, actor, made, "proof", upload)
                updates.create(world, actor, made, "<p>See the proof.</p>")

    def levels(self, workspace: Workspace) -> None:
        """Make a board whose items nest on the board itself."""
        world, owner = self.world, self.people[0]
        board = boards.create(
            world, owner, "Renovation", workspace_id=workspace.id, empty=True, hierarchy="multi_level", kind="private"
        )
        columns.add(world, owner, board, "State", "status", column_id="state")
        own = people.tag(world, "paint", board=board)
        columns.add(world, owner, board, "Tags", "tags", column_id="tags")
        top = items.create(world, owner, board, "Shop floor", values={"tags": {"tag_ids": [own.id]}})
        room = items.create_subitem(world, owner, top, "Counter")
        items.create_subitem(world, owner, room, "Sand the counter", values={"state": {"index": 1}})

    def books(self, workspace: Workspace) -> None:
        """Make a board that a guest was let onto."""
        world, owner = self.world, self.people[0]
        board = boards.create(world, owner, "Printing", workspace_id=workspace.id, kind="share", empty=True)
        people.subscribe(world, owner, board, [self.people[5].id, self.people[4].id])
        columns.add(world, owner, board, "Copies", "numbers", column_id="copies")
        for at in range(3):
            items.create(world, self.people[5], board, f"Label {at + 1}", values={"copies": 500 * (at + 1)})

    def documents(self, workspace: Workspace) -> None:
        """Write documents."""
        world, owner = self.world, self.people[0]
        for name, kind in (("Roasting log", "public"), ("Wages", "private")):
            doc = docs.create(world, owner, name, kind=kind, workspace_id=workspace.id)
            docs.add_markdown(
                world, owner, doc, f"# {name}\n{words.SENTENCES[0]}\n> {words.SENTENCES[1]}\n- one\n- two"
            )
            box = docs.add_block(world, owner, doc, "notice_box", {"theme": "info"}, after=docs.last_block(doc))
            inside = {"deltaFormat": [{"insert": "inside"}]}
            docs.add_block(world, owner, doc, "normal_text", inside, after=box.id, parent_block_id=box.id)

    def put_away(self, workspace: Workspace, keep: Board) -> None:
        """Make a board that was archived, and one that was deleted."""
        world, owner = self.world, self.people[0]
        archived = self.plain("Season 2025", workspace, 4)
        boards.archive(world, owner, archived)
        boards.delete(world, owner, self.plain("Never mind", workspace, 1))
        assert keep.state == "active"

    def plain(self, name: str, workspace: Workspace, count: int) -> Board:
        """Make a board of plain items; on the main workspace it names none."""
        world, owner = self.world, self.people[0]
        home = None if workspace.is_default_workspace else workspace.id
        board = boards.create(world, owner, name, workspace_id=home, empty=True)
        columns.add(world, owner, board, "Kept", "text", column_id="kept")
        for at in range(count):
            items.create(world, owner, board, f"{name} / {at + 1}", values={"kept": self.chance.choice(words.ORIGINS)})
            self.time.advance(20)
        return board

    def big(self, workspace: Workspace, suppliers: Board, count: int) -> None:
        """Make a board of many items."""
        world, owner = self.world, self.people[0]
        board = boards.create(world, owner, "Every bag", workspace_id=workspace.id, empty=True)
        board.items_limit = max(board.items_limit, count)
        for column_id, kind, title, settings in COLUMNS:
            if column_id in {"person", "status", "due", "text", "kilos", "paid", "papers"}:
                columns.add(world, owner, board, title, kind, column_id=column_id, settings=settings)
        tied = {"boardIds": [suppliers.id], "allowMultipleItems": True}
        columns.add(world, owner, board, "Supplier", "board_relation", column_id="supplier", settings=tied)
        first = board.groups[boards.FIRST_GROUP]
        shelves = [first, *(groups.add(world, owner, board, f"Row {at}", relative_to=first.id) for at in range(1, 8))]
        names = {"person", "status", "due", "text", "kilos", "paid"}
        for at in range(count):
            values = {key: value for key, value in self.values(at).items() if key in names}
            if at % 4 == 0:
                values["supplier"] = {"item_ids": [suppliers.item_ids[at % len(suppliers.item_ids)]]}
            item = items.create(
                world, self.anyone(), board, f"Bag {at + 1}", group_id=shelves[at % 8].id, values=values
            )
            if at % 5 == 0:
                items.create_subitem(world, owner, item, f"Weigh bag {at + 1}")
            if at % 50 == 0:
                self.file(item, f"bag-{at + 1}.txt", f"bag {at + 1}\n".encode() * 20)
            if at % 25 == 0:
                updates.create(world, owner, item, f"<p>Bag {at + 1} came in.</p>")
            self.time.advance(1)

    def file(
        self, item: Item, name: str, content: bytes | None, *, size: int = 0, media_type: str | None = None
    ) -> None:
        """Upload a file into the column for papers."""
        actor = self.anyone()
        upload = files.upload(self.world, actor, name, content, size=size, media_type=media_type)
        files.add_to_column(self.world, actor, item, "papers", upload)
