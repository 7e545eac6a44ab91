"""Sample: a made-up workspace with every kind of record, the same for the same seed."""

import random
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.stand_in.clock import Clock, ManualClock, WallClock
from connectors.trello.sandbox import words
from connectors.trello.sandbox.actions import Actor
from connectors.trello.sandbox.changes import (
    boards,
    cards,
    checklists,
    comments,
    custom_fields,
    files,
    labels,
    lists,
    people,
    stickers,
)
from connectors.trello.sandbox.stamps import stamp
from connectors.trello.sandbox.world import World

Json = dict[str, Any]

BEGINNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_BOARD_PLUGIN = "5e40446acc3ae64e435cabc9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How large a sample is. Boards beyond the named six are plain ones: a few cards, no files."""

    named_boards: int = 6
    cards_each: int = 42
    plain_boards: int = 0
    plain_cards: int = 0
    large_file_bytes: int = 3_000_000
    busy_actions: int = 0
    """How many more comments the first board gets: over 1,000 makes its journal longer than a page."""


SAMPLES = {
    "tiny": Sample(named_boards=1, cards_each=8, large_file_bytes=50_000),
    "small": Sample(),
    "busy": Sample(busy_actions=1200),
    "wide": Sample(named_boards=0, plain_boards=1, plain_cards=2500),
    "hundred": Sample(plain_boards=94, plain_cards=10),
    "thousand": Sample(plain_boards=994, plain_cards=3),
}


def generate(sample: str | Sample = "small", *, seed: int = 1, clock: Clock | None = None) -> World:
    """Make a sample's world. Its history lies in the past; from now on it runs on `clock`, the wall's by default."""
    size = SAMPLES[sample] if isinstance(sample, str) else sample
    time = ManualClock(BEGINNING)
    world = World(clock=time, seed=seed)
    _Builder(world, time, random.Random(seed)).build(size)  # noqa: S311 - repeatable, not a secret
    world.clock = clock or WallClock()
    return world


class _Builder:
    """Lives through a few months of work in a small company."""

    def __init__(self, world: World, time: ManualClock, chance: random.Random) -> None:
        self.world = world
        self.time = time
        self.chance = chance
        self.people: list[Json] = []

    def build(self, size: Sample) -> None:
        """Make the people, the workspaces, and board after board."""
        self.people = [people.create_member(self.world, *names) for names in words.PEOPLE]
        for member in self.people[::2]:
            face = f"{self.chance.getrandbits(128):032x}"
            url = f"https://trello-members.s3.amazonaws.com/{member['id']}/{face}"
            member.update(avatarHash=face, avatarUrl=url, avatarSource="upload")
        owner = self.actor(0)
        made = [people.create_organization(self.world, owner, *names) for names in words.ORGANIZATIONS]
        for at, member in enumerate(self.people[1:], 1):
            people.add_to_organization(self.world, made[at % 2], member, "normal")
        for at in range(size.named_boards):
            self.named_board(at, made[at // 4], size)
        for at in range(size.plain_boards):
            self.plain_board(f"Archive box {at + 1:04d}", made[at % 2], size.plain_cards)
        if size.busy_actions:
            card = self.world.cards.of(next(iter(self.world.boards.by_id)))[0]
            for at in range(size.busy_actions):
                comments.create(
                    self.world, self.anyone(), card, f"Reading {at + 1}: {self.chance.uniform(180, 230):.1f}"
                )
                self.time.advance(60)

    def actor(self, at: int) -> Actor:
        """Give a person as one who acts by hand."""
        return Actor(member=self.people[at])

    def anyone(self) -> Actor:
        """Give some person who acts."""
        return self.actor(self.chance.randrange(4))

    def one_in(self, chances: int) -> bool:
        """Draw a lot."""
        return self.chance.randrange(chances) == 0

    def pass_time(self) -> None:
        """Let minutes or hours go by."""
        self.time.advance(self.chance.uniform(60, 5400))

    def named_board(self, at: int, organization: Json, size: Sample) -> None:
        """Make one of the boards with everything on them."""
        world, owner = self.world, self.actor(0)
        name, desc, level = words.BOARDS[at]
        board = boards.create(
            world, owner, name, organization=organization, default_labels=False, default_lists=False,
            prefs={"permissionLevel": level, "voting": "members", "background": "green"}, desc=desc,
        )  # fmt: skip
        # The owner is on every board; the fourth one has nobody else, so other grants see less.
        for member in self.people[1 : 1 if name == words.ALONE else 5]:
            people.set_board_member(world, owner, board, member, self.chance.choice(("normal", "normal", "observer")))
        columns = [lists.create(world, owner, board, title, "bottom") for title in words.LISTS]
        marks = [labels.create(world, owner, board, *label) for label in words.LABELS]
        fields = self.fields(board) if at % 2 == 0 else []
        world.board_plugins[board["id"]] = [_plugin(world, board["id"])]
        stickers.set_plugin_data(world, "board", board["id"], _BOARD_PLUGIN, '{"scale":5}')
        made = [self.card(columns, marks, fields) for _ in range(size.cards_each)]
        if at == 0:
            self.file(made[0], "roast-curve.bin", self.chance.randbytes(size.large_file_bytes), None)
        self.work(board, columns, made)
        lists.update(world, owner, columns[-1], {"closed": at % 2 == 1})
        if name.endswith("(done)"):
            boards.update(world, owner, board, {"closed": True})

    def plain_board(self, name: str, organization: Json, count: int) -> None:
        """Make a board of plain cards."""
        world, owner = self.world, self.actor(0)
        board = boards.create(world, owner, name, organization=organization, default_labels=False, default_lists=False)
        column = lists.create(world, owner, board, "Kept", "bottom")
        label = labels.create(world, owner, board, "kept", "lime")
        for at in range(count):
            extra = {"idLabels": [label["id"]]} if at % 5 == 0 else {}
            cards.create(
                world, owner, column, f"{self.title()} ({at + 1})", desc=self.chance.choice(words.SENTENCES), **extra
            )
            self.time.advance(20)

    def title(self) -> str:
        """Name a card."""
        return f"{self.chance.choice(words.VERBS)} {self.chance.choice(words.THINGS)}"

    def fields(self, board: Json) -> list[Json]:
        """Define a custom field of each type."""
        world, owner = self.world, self.actor(0)
        made = [
            custom_fields.create(world, owner, board, title, kind)
            for title, kind in (("Supplier", "text"), ("Cost", "number"), ("Delivered", "date"), ("Paid", "checkbox"))
        ]
        choice = custom_fields.create(world, owner, board, "Grade", "list")
        for text, color in (("A", "green"), ("B", "yellow"), ("C — not again", "red")):
            custom_fields.add_option(world, owner, choice, text, color=color)
        return [*made, choice]

    def card(self, columns: list[Json], marks: list[Json], fields: list[Json]) -> Json:
        """Make a card, with some of everything that a card can have."""
        world, chance, actor = self.world, self.chance, self.anyone()
        self.pass_time()
        desc = "\n\n".join(chance.sample(words.SENTENCES, chance.randrange(4)))
        extra: Json = {}
        if self.one_in(3):
            extra = {"due": stamp(self.time.now()), "dueReminder": 1440, "start": stamp(BEGINNING)}
        card = cards.create(world, actor, chance.choice(columns), self.title(), desc=desc, **extra)
        for label in chance.sample(marks, chance.randrange(3)):
            cards.add_label(world, actor, card, label)
        for member in chance.sample(self.people[:5], chance.randrange(3)):
            cards.add_member(world, actor, card, member)
        for field in fields:
            if self.one_in(2):
                custom_fields.set_value(world, actor, card, field, **self.value(field))
        self.parts(card)
        return card

    def parts(self, card: Json) -> None:
        """Put checklists and comments on some cards, and on some of them something rare."""
        world, chance, actor = self.world, self.chance, self.anyone()
        for _ in range(chance.choice((0, 0, 1, 2))):
            checklist = checklists.create(
                world, actor, card, chance.choice(("Steps", "Definition of done", "Shopping"))
            )
            for text in chance.sample(words.ITEMS, chance.randrange(1, 6)):
                item = checklists.add_item(world, actor, checklist, text)
                if self.one_in(3):
                    checklists.update_item(world, actor, checklist, item, {"state": "complete"})
        for _ in range(chance.choice((0, 0, 1, 3))):
            self.pass_time()
            made = comments.create(world, self.anyone(), card, chance.choice(words.COMMENTS))
            if self.one_in(5):
                comments.react(world, self.anyone(), made, short_name="thumbsup", unified="1F44D", native="👍")
            if self.one_in(10):
                comments.update(world, actor, made, made["data"]["text"] + " (edited)")
        self.rarity(card)

    def rarity(self, card: Json) -> None:
        """Put a vote, a sticker, a place, Power-Up data, a link or a file on a card, or nothing."""
        world, chance, actor = self.world, self.chance, self.anyone()
        match chance.randrange(12):
            case 0:
                cards.vote(world, actor, card, actor.member, voted=True)
            case 1:
                stickers.add(world, card, chance.choice(stickers.IMAGES), top=10.5, left=20, z_index=1, rotate=-5)
            case 2:
                address, latitude, longitude = chance.choice(words.PLACES)
                place = {"address": address, "coordinates": {"latitude": latitude, "longitude": longitude}}
                cards.update(world, actor, card, {**place, "locationName": address.split(",")[0]})
            case 3:
                value = '{"stars":4,"stars-category":"taste"}'
                stickers.set_plugin_data(world, "card", card["id"], _BOARD_PLUGIN, value)
            case 4:
                files.link(world, actor, card, "https://example.com/quotes/2026-03?ref=a&b=ü", "The quote")
            case 5 | 6:
                self.file(card, "sketch.png", picture(chance.randrange(4, 40)), "image/png", cover=self.one_in(2))
            case 7:
                self.file(card, "naïve notes & sums.txt", ("\n".join(words.SENTENCES) * 20).encode(), "text/plain")
            case _:
                pass

    def file(self, card: Json, name: str, content: bytes, mime_type: str | None, *, cover: bool = False) -> None:
        """Upload a file, perhaps as the card's cover."""
        made = files.upload(self.world, self.anyone(), card, name, content=content, mime_type=mime_type)
        if cover:
            changed = {**card["cover"], "idAttachment": made["id"]}
            cards.update(self.world, self.anyone(), card, {"idAttachmentCover": made["id"], "cover": changed})

    def value(self, field: Json) -> Json:
        """Make a value for a custom field: strings, whatever the type, or the id of an option."""
        match field["type"]:
            case "text":
                return {"value": {"text": self.chance.choice(("Brandt & Töchter", "Quayside Paper", "—"))}}
            case "number":
                return {"value": {"number": f"{self.chance.uniform(1, 2000):.2f}"}}
            case "date":
                return {"value": {"date": stamp(self.time.now())}}
            case "checkbox":
                return {"value": {"checked": "true"}}
            case _:
                return {"id_value": self.chance.choice(field["options"])["id"]}

    def work(self, board: Json, columns: list[Json], made: list[Json]) -> None:
        """Move, rename, archive and delete some of the cards."""
        world, chance = self.world, self.chance
        for card in made:
            self.pass_time()
            match chance.randrange(10):
                case 0 | 1 | 2:
                    cards.move(world, self.anyone(), card, chance.choice(columns))
                case 3:
                    cards.update(world, self.anyone(), card, {"closed": True})
                case 4:
                    cards.update(world, self.anyone(), card, {"name": f"{card['name']} (again)"})
                case 5:
                    cards.update(world, self.anyone(), card, {"dueComplete": True})
        for card in made[1::20]:
            cards.delete(world, self.actor(0), card)
        world.touch(world.now(), board=board)


def picture(side: int) -> bytes:
    """Draw a small grey PNG."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(side)) for y in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def _plugin(world: World, board_id: str) -> Json:
    return {"id": world.new_id(), "idBoard": board_id, "idPlugin": _BOARD_PLUGIN, "promotional": False}
