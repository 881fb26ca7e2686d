"""What the server says it serves (`longhouse endpoints --json`), held against the specification and the tables."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from conformance.spec import Operation, Spec
from conformance.table import Row

# Answered wherever the specification documents it: the run against a strict server asks every endpoint for it.
LIMITED = 429


@dataclass(frozen=True)
class Served:
    """An endpoint of the server that the specification knows."""

    operation: Operation
    auth: str
    rate: str

    @property
    def key(self) -> tuple[str, str]:
        """Its place in a table."""
        return self.operation.method, self.operation.path

    @property
    def name(self) -> str:
        """For the report."""
        return f"{self.operation.method} {self.operation.path}"

    @property
    def documented(self) -> set[int]:
        """The statuses that the specification documents."""
        return {int(status) for status in self.operation.definition["responses"] if status.isdigit()}


def bare(path: str) -> str:
    """A path without the names of its parameters, which are a matter of taste."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def read_registry(file: Path, spec: Spec) -> list[Served]:
    """The endpoints of the server's list that the specification has, each once."""
    known = {(one.method, bare(one.path)): one for one in spec.operations()}
    served = {}
    for row in json.loads(file.read_text()):
        operation = known.get((row["method"], bare(row["path"])))
        if operation is not None:
            served[(operation.method, operation.path)] = Served(operation, row["auth"], row["rate"])
    return list(served.values())


def unlisted(listed: Path, spec: Spec) -> list[str]:
    """Where the server's own list of the client-server API (`METHOD path[ -- reason]`) is not the specification's."""
    lines = [line.split(" -- ")[0].split() for line in listed.read_text().splitlines() if not line.startswith("#")]
    ours = {(method, path) for method, path in filter(None, lines)}
    theirs = {(one.method, one.path) for one in spec.operations() if "/api/client-server/" in one.uri}
    return [f"{method} {path} is not in {listed.name}" for method, path in sorted(theirs - ours)] + \
        [f"{method} {path} is in {listed.name} only" for method, path in sorted(ours - theirs)]


def read_unreachable(path: Path) -> dict[tuple[str, str], dict[int, str]]:
    """Reads `METHOD path status reason…`: documented statuses that nothing here can bring about yet."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            method, template, statuses, reason = line.split(maxsplit=3)
            for status in statuses.split(","):
                found.setdefault((method, template), {})[int(status)] = reason
    return found


def gaps(served: list[Served], tables: list[dict[tuple[str, str], Row]],
         unreachable: dict[tuple[str, str], dict[int, str]]) -> list[str]:
    """Everything that the server serves and the specification documents, and that no run validates."""
    found = []
    for one in served:
        rows = [table[one.key] for table in tables if one.key in table]
        if not rows:
            found.append(f"{one.name} is served, but not in endpoints.txt")
            continue
        excused = set(unreachable.get(one.key, {}))
        wanted = set().union(*(row.wanted for row in rows))
        missing = one.documented - wanted - excused - {LIMITED}
        found += [f"{one.name} {status} is documented, but no run asks for it" for status in sorted(missing)]
        stale = excused & wanted | excused - one.documented
        found += [f"{one.name} {status} is excused for nothing" for status in sorted(stale)]
        private, public = one.operation.needs_token, not one.operation.takes_token
        asks = one.auth.startswith("user") or one.auth == "administrator"
        if (private and not asks) or (public and asks):
            found.append(f"{one.name} is for {one.auth!r}, the specification says otherwise")
    keys = {one.key for one in served}
    listed = [key for table in tables for key in table]
    found += [f"{method} {path} is in a table, but not served" for method, path in listed if (method, path) not in keys]
    return found
