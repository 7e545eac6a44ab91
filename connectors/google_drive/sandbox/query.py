"""Query: the `q` language, as far as clients of ours use it; everything else is refused as invalid."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors.google_drive.sandbox.errors import ApiError

Json = dict[str, Any]
Test = Callable[[Json], bool]
"""Whether a file's resource is found."""

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<sign><=|>=|!=|=|<|>|\(|\)|\{|\})|(?P<word>[A-Za-z][A-Za-z.]*))"
)
_TIMES = {"createdTime", "modifiedTime"}


def parse(text: str) -> Test:
    """Read a query; ApiError where it is not one."""
    tokens: list[tuple[str, str]] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _invalid()
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        at = match.end()
    reader = _Reader(tokens)
    found = reader.any()
    if reader.at != len(tokens):
        raise _invalid()
    return found


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    at: int = 0

    def any(self) -> Test:
        tests = [self.all()]
        while self._is("or"):
            tests.append(self.all())
        return lambda file: any(test(file) for test in tests)

    def all(self) -> Test:
        tests = [self.one()]
        while self._is("and"):
            tests.append(self.one())
        return lambda file: all(test(file) for test in tests)

    def one(self) -> Test:
        if self._is("not"):
            test = self.one()
            return lambda file: not test(file)
        if self._is("("):
            test = self.any()
            self._must(")")
            return test
        kind, token = self._next()
        if kind == "text":
            self._must("in")
            if self._next()[1] != "parents":
                raise _invalid()
            parent = _unquoted(token)
            return lambda file: parent in file.get("parents", ())
        return self._comparison(token)

    def _comparison(self, field: str) -> Test:
        _, operator = self._next()
        if field in {"appProperties", "properties"} and operator == "has":
            return self._has(field)
        kind, text = self._next()
        if field == "trashed" and operator in {"=", "!="} and text in {"true", "false"}:
            wanted = (text == "true") is (operator == "=")
            return lambda file: file["trashed"] is wanted
        if kind != "text":
            raise _invalid()
        value = _unquoted(text)
        if field in {"name", "mimeType"}:
            return _text(field, operator, value)
        if field in _TIMES and operator in {"<", "<=", "=", ">=", ">"}:
            return _time(field, operator, value)
        raise _invalid()

    def _has(self, field: str) -> Test:
        wanted = []
        self._must("{")
        for name, last in (("key", "and"), ("value", "}")):
            self._must(name)
            self._must("=")
            kind, text = self._next()
            if kind != "text":
                raise _invalid()
            wanted.append(_unquoted(text))
            self._must(last)
        key, value = wanted
        return lambda file: file.get(field, {}).get(key) == value

    def _is(self, token: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][1] == token:
            self.at += 1
            return True
        return False

    def _must(self, token: str) -> None:
        if not self._is(token):
            raise _invalid()

    def _next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise _invalid()
        self.at += 1
        return self.tokens[self.at - 1]


def _text(field: str, operator: str, value: str) -> Test:
    match operator:
        case "=":
            return lambda file: file[field] == value
        case "!=":
            return lambda file: file[field] != value
        case "contains" if field == "name":
            # Drive finds the beginnings of words in names.
            return lambda file: any(word.startswith(value.lower()) for word in re.split(r"\W+", file[field].lower()))
        case "contains":
            return lambda file: value in file[field]
        case _:
            raise _invalid()


def _time(field: str, operator: str, value: str) -> Test:
    text = value.removesuffix("Z")
    tests: dict[str, Test] = {
        "<": lambda file: file[field][: len(text)] < text,
        "<=": lambda file: file[field][: len(text)] <= text,
        "=": lambda file: file[field][: len(text)] == text,
        ">=": lambda file: file[field][: len(text)] >= text,
        ">": lambda file: file[field][: len(text)] > text,
    }
    return tests[operator]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _invalid() -> ApiError:
    return ApiError(400, "invalid", "Invalid Value", where="q")
