"""Which endpoints are attacked: the server's own registry, or else the conformance table."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "conformance" / "endpoints.txt"
PRIVATE = (True, "user", "admin", "administrator")
PREFIXES = ("/_matrix/client", "/_matrix/media", "/_synapse", "/.well-known")


@dataclass
class Endpoint:
    """A method and a path with `{name}` placeholders; `fields` are its body's top-level keys."""

    method: str
    path: str
    private: bool
    fields: dict[str, Any] = field(default_factory=dict)
    example: dict[str, Any] = field(default_factory=dict)
    body_required: bool = False
    # Another path of an endpoint that is attacked under its first one.
    is_alias: bool = False

    @property
    def takes_body(self) -> bool:
        """Whether a body means anything here."""
        return self.method in ("POST", "PUT")

    @property
    def takes_json(self) -> bool:
        """Media uploads take any bytes at all."""
        return self.takes_body and not self.path.startswith("/_matrix/media")

    @property
    def name(self) -> str:
        """For the report."""
        return f"{self.method} {self.path}"


def endpoints(registry: Path | None) -> list[Endpoint]:
    """Reads `[{method, path, auth}]`, or the table and from the specification who may call."""
    if registry is not None:
        rows = json.loads(registry.read_text())
        found = [Endpoint(row["method"].upper(), braces(row["path"]), is_private(row.get("auth")),
                          is_alias=is_alias(row, above))
                 for row, above in zip(rows, [{}, *rows]) if row.get("auth") != "local socket"]
    else:
        lines = [line.split() for line in TABLE.read_text().splitlines()]
        found = [Endpoint(words[0], words[1], needs_token(words[0], words[1]))
                 for words in lines if words and words[0] != "#"]
    found = [one for one in found if one.path.startswith(PREFIXES)]
    for one in found:
        describe(one)
    return found


def needs_token(method: str, path: str) -> bool:
    """Whether the specification wants a caller; False where its data is absent."""
    found = specification().get((method, bare(path)))
    return found is not None and found.needs_token


def is_private(auth: Any) -> bool:
    """Whether the registry says that a caller must be known."""
    return (auth.lower() if isinstance(auth, str) else auth) in PRIVATE


def is_alias(row: dict[str, Any], above: dict[str, Any]) -> bool:
    """Whether two rows that follow each other are two paths of one endpoint."""
    return all(row.get(key) == above.get(key) for key in ("method", "summary", "spec"))


def braces(path: str) -> str:
    """`:name` and `{*name}` as `{name}`."""
    return re.sub(r":(\w+)", r"{\1}", path.replace("{*", "{"))


def describe(endpoint: Endpoint) -> None:
    """Adds the body's fields, an example and the parameters' names from the specification's data."""
    found = specification().get((endpoint.method, bare(endpoint.path)))
    if found is None:
        return
    endpoint.path, operation = found.path, found.definition
    body = operation.get("requestBody", {})
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    endpoint.fields = schema.get("properties", {})
    example = schema.get("example", {})
    endpoint.example = example if isinstance(example, dict) else {}
    endpoint.body_required = bool(body.get("required")) and bool(schema.get("required"))


def bare(path: str) -> str:
    """A path without the names of its parameters, which are a matter of taste."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def specification() -> dict[tuple[str, str], Any]:
    """Operations by method and bare path; empty where the specification's data is absent."""
    if not hasattr(specification, "found"):
        specification.found = load_specification()
    return specification.found


def load_specification() -> dict[tuple[str, str], Any]:
    """Loads it by the conformance suite's means."""
    from conformance.spec import Spec, spec_dir

    folder = spec_dir()
    if folder is None:
        return {}
    spec = Spec(folder, TABLE.parent / "extra")
    return {(one.method, bare(one.path)): one for one in spec.operations()}
