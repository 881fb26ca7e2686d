"""Request targets: good ones for an endpoint, and bad ones for each of its parameters."""

import re
from collections.abc import Iterator
from urllib.parse import quote

# Percent-encoded by hand: several of these are not what a well-behaved encoder produces.
BAD = {
    "unknown": quote("!nobody-made-this:localhost", safe=""),
    "empty": "",
    "space": "%20",
    "NUL": "%00",
    "bad UTF-8": "%ff%fe",
    "half an escape": "%2",
    "parent folder": "..%2f..%2f..%2fetc%2fpasswd",
    "parent folder twice encoded": "%252e%252e%252f",
    "backslashes": "..%5c..%5cwindows",
    "absolute path": "%2fetc%2fpasswd",
    "SQL": quote("' OR 1=1 --", safe=""),
    "JSON": quote('{"a":1}', safe=""),
    "surrogate": "%ed%a0%80",
    "only a sigil": "%21",
    "two colons": quote("@a:b:c:d", safe=""),
    "foreign": quote("@somebody:elsewhere.example", safe=""),
    "long": "a" * 6000,
}

BAD_QUERIES = (
    "from=nobody-made-this", "to=%00", "since=nobody-made-this", "since=%ff", "limit=-1", "limit=0",
    "limit=abc", "limit=99999999999999999999999", "dir=sideways", "filter=%7B", "filter=%7B%22room%22%3A7%7D",
    "filter=987654321", "timeout=-1&since=x", "timeout=abc", "version=%00", "version=abc", "pos=%ff&timeout=0",
    "width=-1&height=abc", "width=99999999999&height=99999999999", "username=%00", "token=%ff",
    "full_state=perhaps&timeout=0", "=", "&&&", "%", "a[]=1", "access_token=",
)


def target(path: str, parameters: dict[str, str], bad: dict[str, str] | None = None) -> str:
    """The path with every parameter encoded; `bad` values go in as they are."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if bad is not None and name in bad:
            return bad[name]
        return quote(parameters.get(name.replace("_", "").lower(), "unknown"), safe="")

    return re.sub(r"\{(\w+)\}", value, path)


def bad_targets(path: str, parameters: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each parameter with each bad value, the others good."""
    for name in re.findall(r"\{(\w+)\}", path):
        for what, value in BAD.items():
            yield f"{name}: {what}", target(path, parameters, {name: value})


def bad_queries(path: str, parameters: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The good path with each bad query string."""
    for query in BAD_QUERIES:
        yield f"?{query}", f"{target(path, parameters)}?{query}"
