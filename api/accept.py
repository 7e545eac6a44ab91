"""Accept: which media type a client wants most, of those there are (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence


def choose(header: str | None, offers: Sequence[str]) -> str | None:
    """Return the offer the client likes best; the earlier of two it likes equally; None when it takes none of them."""
    if header is None or not header.strip():
        return offers[0]
    ranges = [parsed for part in header.split(",") if (parsed := _parse(part)) is not None]
    best, best_quality = None, 0.0
    for offer in offers:
        quality = _quality(ranges, offer)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _quality(ranges: list[tuple[str, float]], offer: str) -> float:
    """The most specific range that covers the offer decides; of two equal ones, the higher."""
    kind = offer.partition("/")[0]
    for pattern in (offer, f"{kind}/*", "*/*"):
        found = [quality for name, quality in ranges if name == pattern]
        if found:
            return max(found)
    return 0.0


def _parse(part: str) -> tuple[str, float] | None:
    name, *parameters = (piece.strip() for piece in part.lower().split(";"))
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
        elif key.strip() == "charset" and value.strip('" ') not in {"utf-8", "utf8"}:
            return None
    return (name, quality) if 0 <= quality <= 1 else None
