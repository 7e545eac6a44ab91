"""Choices: column types whose value names labels, tags or people."""

from typing import Any

from connectors.monday.sandbox.columns.kind import Cell, ColumnKind, as_object, changed_at, integer, now_stamp
from connectors.monday.sandbox.columns.plain import Stamped
from connectors.monday.sandbox.errors import bad_value
from connectors.monday.sandbox.objects import Column, Json
from connectors.monday.sandbox.stamps import stamp
from connectors.monday.sandbox.world import World

COLORS = {
    "working_orange": "#fdab3d",
    "done_green": "#00c875",
    "stuck_red": "#df2f4a",
    "dark_blue": "#007eb5",
    "purple": "#9d50dd",
    "explosive": "#c4c4c4",
    "grass_green": "#037f4c",
    "bright_blue": "#579bfc",
    "egg_yolk": "#ffcb00",
    "blackish": "#333333",
}
DEFAULT_LABELS: list[Json] = [
    {"id": 0, "label": "Working on it", "color": "working_orange", "index": 0, "is_done": False},
    {"id": 1, "label": "Done", "color": "done_green", "index": 1, "is_done": True},
    {"id": 2, "label": "Stuck", "color": "stuck_red", "index": 2, "is_done": False},
]


class Status(ColumnKind):
    """One label of a few."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:
        """Take a label or its index."""
        found = as_object(column, {"label": given} if isinstance(given, str) and given else given)
        if found is None:
            return None
        index = self._index(column, found, make_labels=make_labels)
        return {"index": index, "post_id": None, "changed_at": now_stamp(world)}

    def take_text(self, world: World, column: Column, text: str, *, make_labels: bool) -> Any:
        """Take a label, or the digits of its index."""
        given = {"index": int(text)} if text.isdigit() else text
        return self.take(world, column, given, make_labels=make_labels)

    def _index(self, column: Column, given: Json, *, make_labels: bool) -> int:
        labels = column.settings.setdefault("labels", [])
        if given.get("index") is not None:
            index = integer(column, given["index"])
            if index not in {label["index"] for label in labels}:
                raise bad_value(column.id, column.type, f"This status label index doesn't exist: {index}")
            return index
        for label in labels:
            if label["label"] == given.get("label"):
                return int(label["index"])
        if not make_labels or not given.get("label"):
            raise bad_value(column.id, column.type, f"This status label doesn't exist: {given.get('label')}")
        index = max((label["index"] for label in labels), default=-1) + 1
        colors = list(COLORS)
        made = {"id": index, "label": given["label"], "color": colors[index % len(colors)], "index": index}
        labels.append({**made, "is_done": False})
        return index

    def text(self, cell: Cell) -> str | None:
        """Write the label."""
        return "" if cell.value is None else str(self._label(cell).get("label", ""))

    def fields(self, cell: Cell) -> Json:
        """Give the label and what is said of it."""
        label = self._label(cell)
        color = COLORS.get(label.get("color", ""), "#c4c4c4")
        value = cell.value or {}
        return {
            "index": value.get("index"),
            "label": label.get("label"),
            "is_done": label.get("is_done"),
            "label_style": {"color": color, "border": color} if label else None,
            "update_id": value.get("post_id"),
            "updated_at": changed_at(cell),
        }

    def _label(self, cell: Cell) -> Json:
        index = (cell.value or {}).get("index")
        return next((x for x in cell.column.settings.get("labels", ()) if x["index"] == index), {})


class Dropdown(ColumnKind):
    """Several labels."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take labels or their ids."""
        found = as_object(column, {"labels": given.split(",")} if isinstance(given, str) and given else given)
        if found is None:
            return None
        labels = column.settings.setdefault("labels", [])
        ids = [integer(column, each) for each in found.get("ids", ())]
        if set(ids) - {label["id"] for label in labels}:
            raise bad_value(column.id, column.type, "The dropdown label with that id does not exist")
        for name in found.get("labels", ()):
            held = next((label["id"] for label in labels if label["label"] == name), None)
            if held is None:
                if not make_labels:
                    raise bad_value(column.id, column.type, f"The dropdown label '{name}' does not exist")
                held = max((label["id"] for label in labels), default=0) + 1
                labels.append({"id": held, "label": name, "is_deactivated": False})
            ids.append(held)
        return {"ids": ids} if ids else None

    def text(self, cell: Cell) -> str | None:
        """Write the labels."""
        return ", ".join(each["label"] for each in self._chosen(cell))

    def fields(self, cell: Cell) -> Json:
        """Give the labels."""
        return {"values": [{"id": each["id"], "label": each["label"]} for each in self._chosen(cell)]}

    def _chosen(self, cell: Cell) -> list[Json]:
        by_id = {label["id"]: label for label in cell.column.settings.get("labels", ())}
        return [by_id[found] for found in (cell.value or {}).get("ids", ()) if found in by_id]


class Tags(ColumnKind):
    """Tags of the account or board."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take ids of tags."""
        found = as_object(column, given)
        ids = [integer(column, each) for each in (found or {}).get("tag_ids", ())]
        if set(ids) - world.tags.keys():
            raise bad_value(column.id, column.type, "a tag with that id does not exist")
        return {"tag_ids": ids} if ids else None

    def text(self, cell: Cell) -> str | None:
        """Write the tags."""
        return ", ".join(tag.name for tag in self._tags(cell))

    def fields(self, cell: Cell) -> Json:
        """Give the tags."""
        tags = self._tags(cell)
        return {"tag_ids": [tag.id for tag in tags], "tags": tags}

    @staticmethod
    def _tags(cell: Cell) -> list[Any]:
        return [cell.world.tags[found] for found in (cell.value or {}).get("tag_ids", ())]


class People(Stamped):
    """People and teams."""

    wants = ("personsAndTeams",)

    def of_text(self, text: str) -> Any:
        """Read ids separated by commas."""
        return {"personsAndTeams": [{"id": found, "kind": "person"} for found in text.split(",")]}

    def clean(self, world: World, column: Column, given: Json) -> Json | None:
        """Take those who are there."""
        found = []
        for each in given.get("personsAndTeams") or ():
            who, kind = integer(column, each.get("id")), each.get("kind", "person")
            if who not in (world.teams if kind == "team" else world.users):
                raise bad_value(column.id, column.type, f"This {kind} does not exist: {who}")
            found.append({"id": who, "kind": kind})
        return {"personsAndTeams": found} if found else None

    def text(self, cell: Cell) -> str | None:
        """Write their names."""
        names = []
        for each in (cell.value or {}).get("personsAndTeams", ()):
            shelf: Any = cell.world.teams if each["kind"] == "team" else cell.world.users
            names.append(shelf[each["id"]].name if each["id"] in shelf else "")
        return ", ".join(names)

    def fields(self, cell: Cell) -> Json:
        """Give their ids."""
        return {
            "persons_and_teams": (cell.value or {}).get("personsAndTeams", []),
            "updated_at": changed_at(cell),
        }


class OnePerson(Stamped):
    """The old column for one person."""

    wants = ("personId",)

    def text(self, cell: Cell) -> str | None:
        """Write the name."""
        found = cell.world.users.get(int((cell.value or {}).get("personId", 0)))
        return found.name if found else ""

    def fields(self, cell: Cell) -> Json:
        """Give the id."""
        return {"person_id": (cell.value or {}).get("personId"), "updated_at": changed_at(cell)}


class OneTeam(Stamped):
    """A team."""

    wants = ("team_id",)

    def text(self, cell: Cell) -> str | None:
        """Write its name."""
        found = cell.world.teams.get(int((cell.value or {}).get("team_id", 0)))
        return found.name if found else ""


class Vote(ColumnKind):
    """Who voted: only in one's own name, and on no request."""

    def text(self, cell: Cell) -> str | None:
        """Write how many."""
        return str(len((cell.value or {}).get("votersIds", ())))

    def fields(self, cell: Cell) -> Json:
        """Give who voted."""
        voters = (cell.value or {}).get("votersIds", [])
        return {
            "vote_count": len(voters),
            "voter_ids": voters,
            "voters": [cell.world.users[found] for found in voters],
            "updated_at": changed_at(cell),
        }


class TimeTracking(ColumnKind):
    """A stopwatch, which no request starts or sets."""

    def text(self, cell: Cell) -> str | None:
        """Write the time spent."""
        seconds = int((cell.value or {}).get("duration", 0))
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"

    def value(self, cell: Cell) -> str | None:
        """Write it without its sessions."""
        return super().value(cell)

    def fields(self, cell: Cell) -> Json:
        """Give the sessions."""
        value = cell.value or {}
        return {
            "duration": value.get("duration"),
            "running": value.get("running") == "true",
            "started_at": stamp(None),
            "history": value.get("additional_value", []),
            "updated_at": changed_at(cell),
        }


CHOICES: tuple[ColumnKind, ...] = (
    Status("status", "StatusValue"),
    Dropdown("dropdown", "DropdownValue"),
    Tags("tags", "TagsValue"),
    People("people", "PeopleValue"),
    OnePerson("person", "PersonValue"),
    OneTeam("team", "TeamValue"),
    Vote("vote", "VoteValue"),
    TimeTracking("time_tracking", "TimeTrackingValue"),
)
