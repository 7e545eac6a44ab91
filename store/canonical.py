"""Canonical JSON: one value, one byte string (RFC 8785, with whole numbers kept exact)."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import chain
from typing import Any

import msgspec
import orjson

from store.errors import Invalid

MAX_DEPTH = 254
"""How deep arrays and objects may nest: as deep as orjson goes, so that both paths of `encode` refuse the same."""

_EXACT_BELOW = 2**53
_MOST_AT_ONCE = 4_000_000  # references to what lies at one level
_LONG = 100
_LEAST_FRACTION, _NO_FRACTION_FROM = 1e-5, 1e16
_MOST_DIGITS, _MOST_ZEROS = 21, 6  # ECMAScript's limits for writing a number without an exponent
_SORTED = orjson.OPT_SORT_KEYS
_LEAVES = frozenset({str, int, bool, type(None)})
_CONTAINERS = frozenset({dict, list})
_MAY_BE_PLAIN = _LEAVES | _CONTAINERS | {float}
_ASTRAL = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")


def decode(data: bytes) -> Any:
    """Parse JSON, losing nothing that `encode` would keep: `encode(decode(encode(v))) == encode(v)`.

    Whole numbers written without fraction or exponent come back exact, however long (up to 4,300 digits). Numbers with
    either are IEEE doubles, as everywhere in JSON; where such a double is whole and below 2^53 it becomes an `int`, so
    that `1.0` and `1` are one value of one type. Of a repeated key the last one counts, as in every browser.

    Raises Invalid on anything that is not one JSON text in UTF-8: NaN and infinity, numbers beyond a double, lone
    surrogates, trailing bytes, nesting past what fits the stack (`encode` refuses it past MAX_DEPTH already). The
    message never quotes the text.
    """
    try:
        return _decode(data)
    except UnicodeDecodeError:
        raise Invalid("not JSON: not valid UTF-8") from None
    except RecursionError:
        raise Invalid("nested too deep") from None
    except (msgspec.MsgspecError, ValueError):
        raise Invalid("not JSON that can be kept: malformed, or a number out of range") from None


def encode(value: Any) -> bytes:
    """Return the value's canonical bytes.

    Exactly RFC 8785 for every value it covers. One deviation, so that no id is ever rounded: a Python `int` beyond
    ±2^53, which RFC 8785 would round to a double, keeps all its digits.

    Raises Invalid on NaN, infinity, lone surrogates, keys that are not text, types JSON does not have, and nesting
    past MAX_DEPTH.
    """
    (found,) = encode_all((value,))
    return found


def encode_all(values: Sequence[Any]) -> list[bytes]:
    """`encode` each, in order. Whether the fast path may write them is found out of all at once, which is sooner."""
    if _are_plain(values):
        with suppress(TypeError):  # an int past 64 bits; or what the slow path refuses with a better word
            found = [orjson.dumps(value, option=_SORTED) for value in values]
            if all(map(bytes.isascii, found)):
                return found
            return [
                _encode_slowly(value) if _may_sort_differently(data) else data
                for value, data in zip(values, found, strict=True)
            ]
    # Only those that need it go the slow way.
    return [_encode_slowly(values[0])] if len(values) == 1 else list(map(encode, values))


def _number(text: str) -> float | int:
    number = float(text)
    if number.is_integer() and -_EXACT_BELOW < number < _EXACT_BELOW:
        return int(number)
    if number - number != 0:  # infinity
        raise ValueError
    return number


_decode: Callable[[bytes], Any] = msgspec.json.Decoder(float_hook=_number).decode


def _are_plain(values: Sequence[Any]) -> bool:
    """Whether orjson writes every number in these values as ECMAScript does.

    It does for integers, and for fractions between 1e-5 and 1e16: both write the shortest digits that read back as
    the same double, without an exponent. Whole floats (orjson says `1.0`), very small and very large ones differ.
    False where the answer would take too long, or too much memory: `_encode_slowly` is always right.
    """
    level: Sequence[Any] = values
    for _ in range(MAX_DEPTH + 2):
        kinds = set(map(type, level))
        if kinds <= _LEAVES:
            return True
        if not kinds <= _MAY_BE_PLAIN:  # not tuple: orjson does not count how deep those nest
            return False
        if float in kinds and not all(map(_is_plain, [one for one in level if type(one) is float])):
            return False
        containers = [one for one in level if type(one) in _CONTAINERS]
        inside: list[Collection[Any]] = [one if type(one) is list else one.values() for one in containers]
        if sum(map(len, inside)) > _MOST_AT_ONCE:
            return False
        if max(map(len, inside), default=0) >= _LONG:  # a journal's columns: leaves alone, not looked through in Python
            inside = [items for items in inside if not _LEAVES.issuperset(map(type, items))]
        level = list(chain.from_iterable(inside))
    return False


def _is_plain(number: float) -> bool:
    return _LEAST_FRACTION <= abs(number) < _NO_FRACTION_FROM and not number.is_integer()


def _may_sort_differently(data: bytes) -> bool:
    """Whether UTF-8 order (orjson) and UTF-16 order (RFC 8785) of keys could part.

    They do only between a character past U+FFFF (lead bytes F0 to F4) and one of U+E000 to U+FFFF (EE, EF).
    """
    return any(lead in data for lead in _ASTRAL) and (b"\xee" in data or b"\xef" in data)


def _encode_slowly(value: Any) -> bytes:
    try:
        return b"".join(_pieces(value, 0))
    except RecursionError:
        raise Invalid(f"nested deeper than {MAX_DEPTH}") from None


def _pieces(value: Any, depth: int) -> list[bytes]:
    match value:
        case None | bool():
            return [orjson.dumps(value)]
        case str():
            return [_text(value)]
        case int():
            return [b"%d" % value]
        case float():
            return [_ecmascript(value)]
    if depth == MAX_DEPTH:
        raise Invalid(f"nested deeper than {MAX_DEPTH}")
    pieces: list[bytes] = []
    match value:
        case dict():
            for key in sorted(value, key=_utf16):
                pieces += (b",", _text(key), b":", *_pieces(value[key], depth + 1))
            return [b"{", *pieces[1:], b"}"]
        case list() | tuple():
            for item in value:
                pieces += (b",", *_pieces(item, depth + 1))
            return [b"[", *pieces[1:], b"]"]
    raise Invalid(f"JSON has no {type(value).__name__}")


def _text(value: str) -> bytes:
    try:
        return orjson.dumps(str.__str__(value))
    except TypeError:
        raise Invalid("text with a lone surrogate") from None


def _utf16(key: Any) -> bytes:
    if not isinstance(key, str):
        raise Invalid(f"a key is {type(key).__name__}, not text")
    return key.encode("utf-16-be", "surrogatepass")


def _ecmascript(number: float) -> bytes:
    """Write a double as ECMAScript's Number::toString does (ECMA-262 §6.1.6.1.20, which RFC 8785 §3.2.2.3 requires)."""
    if number - number != 0:
        raise Invalid("NaN and infinity are not JSON")
    if number == 0:
        return b"0"
    sign, digit_tuple, exponent = Decimal(repr(number)).as_tuple()
    digits = "".join(map(str, digit_tuple)).rstrip("0")
    point = len(digit_tuple) + int(exponent)  # where the decimal point stands, counted from the first digit
    if len(digits) <= point <= _MOST_DIGITS:
        text = digits.ljust(point, "0")
    elif 0 < point <= _MOST_DIGITS:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -_MOST_ZEROS < point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{fraction}e{point - 1:+d}"
    return f"{'-' if sign else ''}{text}".encode()
