import enum
import json
import math
import struct
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from store.canonical import MAX_DEPTH, decode, encode, encode_all
from store.errors import Invalid

# RFC 8785, appendix B: the bits of a double, and how it is written.
APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**17), 10**17).map(float)
    | st.text()
    | st.text(alphabet='a\ue000\uff5e\U0001f600\U0010ffff"\\\n\x7f\u2028')
)
KEYS = st.text(max_size=5) | st.text(alphabet="a\u00e9\ue000\uff5e\ufb33\U0001f600\U0010ffff", max_size=4)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


def exactly(text: str | bytes) -> Any:
    """Parse JSON with every number as the decimal it is written as."""
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def double(bits: str) -> float:
    return float(struct.unpack(">d", bytes.fromhex(bits))[0])


def plainly(value: Any) -> str:
    """RFC 8785 as its text says it, with no thought of speed; whole Python numbers keep their digits."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return ecmascript(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: [*struct.iter_unpack(">H", key.encode("utf-16-be"))])
        return "{" + ",".join(f"{plainly(key)}:{plainly(value[key])}" for key in keys) + "}"
    return "[" + ",".join(map(plainly, value)) + "]"


def ecmascript(number: float) -> str:
    """ECMA-262, Number::toString: the names n, k and s are its own."""
    if number == 0:
        return "0"
    if number < 0:
        return "-" + ecmascript(-number)
    for k in range(1, 18):
        mantissa, _, exponent = f"{number:.{k - 1}e}".partition("e")
        n = int(exponent) + 1
        near = int(mantissa.replace(".", ""))
        fitting = [s for s in (near - 1, near, near + 1) if float(f"{s}e{n - k}") == number and len(str(s)) == k]
        if fitting:
            break
    # The nearest, and of two equally near the even one.
    s = str(min(fitting, key=lambda s: (abs(Fraction(s) * Fraction(10) ** (n - k) - Fraction(number)), s % 2)))
    if k <= n <= 21:
        return s + "0" * (n - k)
    if 0 < n <= 21:
        return s[:n] + "." + s[n:]
    if -6 < n <= 0:
        return "0." + "0" * -n + s
    return s[0] + ("." + s[1:] if k > 1 else "") + "e" + ("+" if n > 0 else "-") + str(abs(n - 1))


@pytest.mark.parametrize(("bits", "text"), APPENDIX_B)
def test_numbers_are_written_as_in_the_rfc(bits: str, text: str) -> None:
    number = double(bits)

    assert text.encode() == encode(number)
    assert f'{{"a":[{text}]}}'.encode() == encode({"a": [number]})


def test_keys_sort_as_in_the_rfc() -> None:
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }

    order = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign"]
    assert [*order, "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"] == list(
        json.loads(encode(value)).values()
    )


def test_the_rfcs_example() -> None:
    text = (
        rb'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        rb'"string":"\u20ac$\u000F\u000aA'
        rb"'"
        rb'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}'
    )

    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert expected.encode() == encode(decode(text))


@given(VALUES)
@example({"\U0001f600": 1, "\uff5e": 2})
@example({"a": 1e16, "b": 1e-5, "c": 9.999e-6, "d": 123456789012345680.0})
@example([-0.0, 1.0, 2**53, 2**64, -(2**63) - 1, 5e-324])
def test_the_fast_path_writes_what_the_rfc_says(value: Any) -> None:
    expected = plainly(value).encode()

    assert expected == encode(value)


@given(st.lists(VALUES, max_size=5))
@example([{"a": 1}, {"a": 0.5}, {"a": 1.0}, {"a": 2**64}, {"\U0001f600": 1, "\uff5e": 2}])
def test_many_at_once_are_written_as_each_alone(values: list[Any]) -> None:
    assert list(map(encode, values)) == encode_all(values)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.floats(1e-6, 1e17))
@example(2.0**-24)  # halfway between its two shortest neighbours
@example(562949953421312.75)
def test_every_double_is_written_as_ecmascript_does(number: float) -> None:
    expected = f'{{"pos":{ecmascript(number)}}}'.encode()

    assert expected == encode({"pos": number})


@given(VALUES)
def test_what_is_decoded_encodes_to_the_same_bytes(value: Any) -> None:
    data = encode(value)

    assert data == encode(decode(data))


@given(VALUES)
def test_nothing_is_lost_from_what_an_app_sends(value: Any) -> None:
    sent = json.dumps(value, ensure_ascii=False)

    kept = encode(decode(sent.encode()))
    assert exactly(sent) == exactly(kept)


@pytest.mark.parametrize("digits", ["9007199254740993", "-9007199254740993", "18446744073709551617", "1" * 400])
def test_a_long_id_keeps_every_digit(digits: str) -> None:
    text = f'{{"id":{digits}}}'.encode()

    assert text == encode(decode(text))


@pytest.mark.parametrize("text", [b"1.0", b"1", b"1e0", b"10e-1", b"1.000"])
def test_one_number_has_one_form(text: bytes) -> None:
    value = decode(text)

    assert (1, int) == (value, type(value))


def test_the_last_of_a_repeated_key_counts() -> None:
    assert b'{"a":2}' == encode(decode(b'{"a":1,"a":2}'))


class Colour(enum.StrEnum):
    RED = "red"


def test_subclasses_are_written_as_what_they_are() -> None:
    assert b'{"red":["red",7]}' == encode({Colour.RED: [Colour.RED, enum.IntEnum("N", {"SEVEN": 7}).SEVEN]})


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        [-math.inf],
        {"a": "\ud800"},
        {"\udc00": 1},
        {1: "a"},
        {None: 1},
        {"a": {1, 2}},
        b"bytes",
        object(),
        {"a": [1.0, {2: 3}]},
    ],
)
def test_what_json_has_not_is_refused(value: Any) -> None:
    with pytest.raises(Invalid):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"-1e999",
        b"1" * 5000,
        b'"\\ud800"',
        b'"\\udc00"',
        b'"\\ud800\\u0041"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"[1]x",
        b"[1] [2]",
        b"\xef\xbb\xbf1",
        b"01",
        b"[1,]",
        b"'a'",
        b'"\n"',
        b"{1:2}",
        b"[" * 100_000,
    ],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        decode(data)


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"a": v}, lambda v: (v,)], ids=["array", "object", "tuple"])
@pytest.mark.parametrize("leaf", [1, 1.0, "", [], {}])
def test_depth_has_one_limit_on_both_paths(wrap: Any, leaf: Any) -> None:
    value = leaf
    for _ in range(MAX_DEPTH - isinstance(leaf, list | dict)):
        value = wrap(value)
    deepest = encode(value)

    assert deepest == encode(decode(deepest))
    with pytest.raises(Invalid):
        encode(wrap(value))


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)

    with pytest.raises(Invalid):
        encode(value)


@given(st.binary(max_size=60))
def test_junk_raises_only_invalid(data: bytes) -> None:
    try:
        value = decode(data)
    except Invalid:
        return

    assert orjson.loads(encode(value)) is not NotImplemented


@pytest.mark.parametrize("data", [b'{"secret": "hunter2"', b'"hunter2\\ud800"', b'["hunter2", NaN]', b'"hunter2\xff"'])
def test_errors_do_not_quote_content(data: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        decode(data)

    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "data",
    [
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    ],
)
def test_what_nests_too_deep_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        encode(decode(data))
