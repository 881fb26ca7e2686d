"""Bodies that are wrong: not JSON, not text, too deep, too long, of another type."""

from collections.abc import Iterator
from typing import Any

NOT_JSON = {
    "nothing": b"",
    "open brace": b"{",
    "half a word": b'{"a":nul',
    "no value": b'{"a":}',
    "two values": b'{"a":1}{"b":2}',
    "trailing bytes": b'{"a":1} and more',
    "single quotes": b"{'a':1}",
    "NaN": b'{"a":NaN}',
    "bad UTF-8": b'{"a":"\xff\xfe"}',
    "surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "overlong NUL": b'{"a":"\xc0\x80"}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "zero bytes": b"\0" * 64,
    "form": b"a=1&b=2",
}

NOT_AN_OBJECT = {
    "list": b"[]",
    "number": b"7",
    "text": b'"text"',
    "null": b"null",
    "true": b"true",
}

ODD = {
    "lone surrogate": b'{"a":"\\ud800"}',
    "reversed surrogates": b'{"a":"\\udc00\\ud800"}',
    "surrogate as key": b'{"\\ud800":1}',
    "NUL in text": b'{"a":"\\u0000","\\u0000":1}',
    "huge exponent": b'{"a":1e999}',
    "long number": b'{"a":' + b"9" * 5000 + b"}",
    "same key twice": b'{"a":1,"a":{"b":2}}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "many keys": b"{" + b",".join(b'"k%d":0' % n for n in range(50_000)) + b"}",
}

WRONG: list[Any] = [None, True, 7, -1, 1.5, 2**53, 10**30, "", "text", "\u0000", "x" * 70_000, [], [None],
                    [[]], ["text"], {}, {"a": {}}, {"": None}]


def nested() -> Iterator[tuple[str, bytes]]:
    """Lists and objects inside each other; a recursive reader overflows its stack on these."""
    for depth in (10, 128, 10_000, 1_000_000):
        yield f"lists {depth} deep", b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        yield f"objects {depth} deep", b'{"a":' * depth + b"1" + b"}" * depth
    yield "bare lists 1000000 deep", b"[" * 1_000_000 + b"]" * 1_000_000
    yield "lists without an end", b"[" * 1_000_000


def huge() -> Iterator[tuple[str, bytes]]:
    """Well-formed and far longer than any request needs."""
    yield "a text of 12 MiB", b'{"a":"' + b"x" * (12 << 20) + b'"}'


INSIDE: list[Any] = [None, 7, "\u0000", "x" * 5_000, [], {}, {"\u0000": "\u0000"}]


def wrong_inside(value: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Copies of `value`, each with one thing wrong in the objects and lists inside it: a value, or a key."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        name = f"{above}.{key}"[-60:]
        if above:
            for wrong in INSIDE:
                yield f"{name} = {repr(wrong)[:30]}", with_value(value, key, wrong)
        if isinstance(value, dict):
            yield f"{name} with U+0000 in it", {f"{old}\0" if old == key else old: two for old, two in value.items()}
        for what, changed in wrong_inside(one, name):
            yield what, with_value(value, key, changed)


def with_value(owner: Any, key: Any, value: Any) -> Any:
    """A copy of an object or list with another value in one place."""
    copy = owner.copy()
    copy[key] = value
    return copy


def wrong_types(fields: dict[str, Any], example: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field with every wrong value, the other fields as in the example."""
    for name in fields:
        for value in WRONG:
            yield f"{name} = {repr(value)[:30]}", {**example, name: value}
