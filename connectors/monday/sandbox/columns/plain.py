"""Plain: column types whose value is what was written."""

from datetime import date, time, timedelta
from typing import Any

from connectors.monday.sandbox.columns.kind import Cell, ColumnKind, as_object, changed_at, integer, now_stamp
from connectors.monday.sandbox.errors import bad_value
from connectors.monday.sandbox.objects import Column, Json
from connectors.monday.sandbox.world import World

COUNTRIES = {"DE": "Germany", "ET": "Ethiopia", "CO": "Colombia", "US": "United States", "NL": "Netherlands"}


class Text(ColumnKind):
    """A line of text."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take text."""
        return None if given in (None, "", {}) else str(given)


class Numbers(ColumnKind):
    """A number, kept as it was written."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take a number, written or not."""
        if given in (None, "", {}):
            return None
        try:
            float(given)
        except (TypeError, ValueError):
            raise bad_value(column.id, column.type, "invalid value - not a number") from None
        return str(given)

    def fields(self, cell: Cell) -> Json:
        """Give the number and its unit."""
        unit = cell.column.settings.get("unit") or {}
        return {
            "number": None if cell.value is None else float(cell.value),
            "symbol": unit.get("symbol"),
            "direction": unit.get("direction"),
        }


class Stamped(ColumnKind):
    """A type whose value is an object with the time of its last change."""

    wants: tuple[str, ...] = ()
    """The names of which a client gives at least one."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take an object, or its text."""
        found = as_object(column, self.of_text(given) if isinstance(given, str) and given else given)
        if found is None:
            return None
        kept = self.clean(world, column, found)
        return None if kept is None else {**kept, "changed_at": now_stamp(world)}

    def of_text(self, text: str) -> Any:
        """Read the text that stands for an object."""
        return {self.wants[0]: text}

    def clean(self, world: World, column: Column, given: Json) -> Json | None:  # noqa: ARG002
        """Keep what this type knows."""
        found = {name: given[name] for name in self.wants if given.get(name) not in (None, "")}
        if not found:
            raise bad_value(column.id, column.type, f"invalid value - {self.wants[0]} is missing")
        return found

    def text(self, cell: Cell) -> str | None:
        """Write the first of the names."""
        return "" if cell.value is None else str(cell.value.get(self.wants[0], ""))

    def fields(self, cell: Cell) -> Json:
        """Give each name, and the time of the last change."""
        value = cell.value or {}
        return {**{name: value.get(name) for name in self.wants}, "updated_at": changed_at(cell)}


class LongText(Stamped):
    """Several lines."""

    wants = ("text",)

    def fields(self, cell: Cell) -> Json:
        """Give the time of the last change."""
        return {"updated_at": changed_at(cell)}


class Date(Stamped):
    """A day, perhaps with a time."""

    wants = ("date", "time", "icon")

    def of_text(self, text: str) -> Any:
        """Read `2026-03-01 09:30:00`."""
        day, _, hour = text.partition(" ")
        return {"date": day, "time": hour}

    def clean(self, world: World, column: Column, given: Json) -> Json | None:
        """Check the day."""
        found = super().clean(world, column, given)
        _day(column, (found or {}).get("date"))
        return found

    def text(self, cell: Cell) -> str | None:
        """Write the day, and the time up to minutes."""
        value = cell.value or {}
        return " ".join(filter(None, (value.get("date", ""), str(value.get("time", ""))[:5])))


class Timeline(Stamped):
    """From one day to another."""

    wants = ("from", "to", "visualization_type")

    def clean(self, world: World, column: Column, given: Json) -> Json | None:
        """Check the order."""
        found = super().clean(world, column, given) or {}
        if _day(column, found.get("from")) > _day(column, found.get("to")):
            raise bad_value(column.id, column.type, "invalid value - from is after to")
        return found

    def text(self, cell: Cell) -> str | None:
        """Write both days."""
        return "" if cell.value is None else f"{cell.value['from']} - {cell.value['to']}"


class Week(ColumnKind):
    """A week."""

    def take(self, world: World, column: Column, given: Any, *, make_labels: bool) -> Any:  # noqa: ARG002
        """Take the first and last day of one week."""
        found = as_object(column, given)
        week = as_object(column, (found or {}).get("week"))
        if week is None:
            return None
        first, last = _day(column, week.get("startDate")), _day(column, week.get("endDate"))
        if last - first != timedelta(days=6):
            raise bad_value(column.id, column.type, "invalid value - a week has seven days")
        return {"week": {"startDate": str(first), "endDate": str(last)}, "changed_at": now_stamp(world)}

    def text(self, cell: Cell) -> str | None:
        """Write both days."""
        return "" if cell.value is None else f"{cell.value['week']['startDate']} - {cell.value['week']['endDate']}"

    def fields(self, cell: Cell) -> Json:
        """Give both days."""
        week = (cell.value or {}).get("week", {})
        return {"start_date": week.get("startDate"), "end_date": week.get("endDate")}


class Hour(Stamped):
    """A time of day."""

    wants = ("hour", "minute")

    def clean(self, world: World, column: Column, given: Json) -> Json | None:  # noqa: ARG002
        """Take an hour, and minutes if any."""
        hour, minute = integer(column, given.get("hour")), integer(column, given.get("minute", 0))
        try:
            time(hour, minute)
        except ValueError:
            raise bad_value(column.id, column.type, "invalid value - no such time of day") from None
        return {"hour": hour, "minute": minute}

    def text(self, cell: Cell) -> str | None:
        """Write it with twelve hours."""
        if cell.value is None:
            return ""
        return time(cell.value["hour"], cell.value["minute"]).strftime("%I:%M %p")


class Checkbox(Stamped):
    """Ticked or not."""

    wants = ("checked",)

    def clean(self, world: World, column: Column, given: Json) -> Json | None:  # noqa: ARG002
        """Take `true`, written or not; false clears."""
        return {"checked": True} if str(given.get("checked")).lower() == "true" else None

    def text(self, cell: Cell) -> str | None:
        """Write a v."""
        return "v" if cell.value else ""

    def fields(self, cell: Cell) -> Json:
        """Give the tick."""
        return {"checked": bool(cell.value), "updated_at": changed_at(cell)}


class Rating(Stamped):
    """Stars."""

    wants = ("rating",)

    def clean(self, world: World, column: Column, given: Json) -> Json | None:  # noqa: ARG002
        """Take a number of stars."""
        stars = integer(column, given.get("rating"))
        if not 1 <= stars <= int(column.settings.get("limit", 5)):
            raise bad_value(column.id, column.type, "invalid value - that many stars are not there")
        return {"rating": stars}


class Link(Stamped):
    """An address with words for it."""

    wants = ("url", "text")

    def of_text(self, text: str) -> Any:
        """Read `https://example.com The words`."""
        url, _, words = text.partition(" ")
        return {"url": url, "text": words or url}

    def text(self, cell: Cell) -> str | None:
        """Write the words and the address."""
        value = cell.value or {}
        return " - ".join(filter(None, (value.get("text"), value.get("url"))))

    def fields(self, cell: Cell) -> Json:
        """Give the address and its words."""
        value = cell.value or {}
        return {"url": value.get("url"), "url_text": value.get("text"), "updated_at": changed_at(cell)}


class Email(Stamped):
    """A mail address with words for it."""

    wants = ("email", "text")

    def of_text(self, text: str) -> Any:
        """Read `ada@example.com The words`."""
        email, _, words = text.partition(" ")
        return {"email": email, "text": words or email}

    def text(self, cell: Cell) -> str | None:
        """Write the words."""
        value = cell.value or {}
        return value.get("text") or value.get("email") or ""

    def fields(self, cell: Cell) -> Json:
        """Give the address and its words."""
        value = cell.value or {}
        return {"email": value.get("email"), "label": value.get("text"), "updated_at": changed_at(cell)}


class Phone(Stamped):
    """A telephone number."""

    wants = ("phone", "countryShortName")

    def of_text(self, text: str) -> Any:
        """Read `+4930123456 DE`."""
        phone, _, country = text.partition(" ")
        return {"phone": phone, "countryShortName": country}

    def fields(self, cell: Cell) -> Json:
        """Give number and country."""
        value = cell.value or {}
        return {
            "phone": value.get("phone"),
            "country_short_name": value.get("countryShortName"),
            "updated_at": changed_at(cell),
        }


class Country(Stamped):
    """A country."""

    wants = ("countryCode", "countryName")

    def of_text(self, text: str) -> Any:
        """Read `DE Germany`."""
        code, _, name = text.partition(" ")
        return {"countryCode": code, "countryName": name or COUNTRIES.get(code, code)}

    def text(self, cell: Cell) -> str | None:
        """Write its name."""
        return "" if cell.value is None else str(cell.value.get("countryName", ""))

    def fields(self, cell: Cell) -> Json:
        """Give code and name."""
        value = cell.value
        country = value and {"code": value["countryCode"], "name": value.get("countryName", value["countryCode"])}
        return {"country": country, "updated_at": changed_at(cell)}


class Color(Stamped):
    """A colour."""

    wants = ("color",)

    def of_text(self, text: str) -> Any:
        """Read `#037f4c`."""
        return {"color": {"hex": text}}

    def text(self, cell: Cell) -> str | None:
        """Write its digits."""
        return "" if cell.value is None else str(cell.value["color"]["hex"])

    def fields(self, cell: Cell) -> Json:
        """Give its digits."""
        return {"color": self.text(cell) or None, "updated_at": changed_at(cell)}


class Clock(Stamped):
    """The time somewhere."""

    wants = ("timezone",)


class Location(Stamped):
    """A place."""

    wants = ("address", "lat", "lng", "placeId", "city", "country", "street", "streetNumber")

    def of_text(self, text: str) -> Any:
        """Read `52.52 13.40 Somewhere`."""
        lat, lng, *words = text.split(" ")
        return {"lat": lat, "lng": lng, "address": " ".join(words)}

    def fields(self, cell: Cell) -> Json:
        """Give place, coordinates and address."""
        value = cell.value or {}
        named: Json = {}
        for name, key in (
            ("city", "city"),
            ("country", "country"),
            ("street", "street"),
            ("streetNumber", "street_number"),
        ):
            part = value.get(name) or {}
            named |= {key: part.get("long_name"), f"{key}_short": part.get("short_name")}
        return {
            **named,
            "address": value.get("address"),
            "lat": value.get("lat") and float(value["lat"]),
            "lng": value.get("lng") and float(value["lng"]),
            "place_id": value.get("placeId"),
            "updated_at": changed_at(cell),
        }


def _day(column: Column, text: Any) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        raise bad_value(column.id, column.type, "invalid value - not a date as YYYY-MM-DD") from None


PLAIN: tuple[ColumnKind, ...] = (
    Text("text", "TextValue"),
    LongText("long_text", "LongTextValue"),
    Numbers("numbers", "NumbersValue"),
    Date("date", "DateValue"),
    Timeline("timeline", "TimelineValue"),
    Week("week", "WeekValue"),
    Hour("hour", "HourValue"),
    Checkbox("checkbox", "CheckboxValue"),
    Rating("rating", "RatingValue"),
    Link("link", "LinkValue"),
    Email("email", "EmailValue"),
    Phone("phone", "PhoneValue"),
    Country("country", "CountryValue"),
    Color("color_picker", "ColorPickerValue"),
    Clock("world_clock", "WorldClockValue"),
    Location("location", "LocationValue"),
)
