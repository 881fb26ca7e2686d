"""The specification's OpenAPI files: operations by method and path, schemas by reference."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "delete")


def spec_dir() -> Path | None:
    """`$MATRIX_SPEC_DIR`, or `shared/matrix-spec` beside the project's root; None where absent."""
    named = os.environ.get("MATRIX_SPEC_DIR")
    root = Path(__file__).resolve().parents[2]
    folder = Path(named) if named else root.parent / "shared" / "matrix-spec"
    return folder if (folder / "data" / "api" / "client-server").is_dir() else None


@dataclass(frozen=True)
class Operation:
    """One operation of one file; `pointer` leads to it inside the file."""

    method: str
    path: str
    uri: str
    pointer: tuple[str, ...]
    definition: dict[str, Any]

    @property
    def takes_token(self) -> bool:
        """Whether it makes a difference that the caller is logged in."""
        return bool(self.definition.get("security"))

    @property
    def needs_token(self) -> bool:
        """Whether the caller must be logged in."""
        ways = self.definition.get("security", [])
        # The summary of a room names the way of servers; its text lets anybody ask.
        return bool(ways) and {} not in ways and ways != [{"signedRequest": []}]


class Spec:
    """Every operation of the client-server API, and of `extra` files of the same form."""

    def __init__(self, folder: Path, extra: Path) -> None:
        self._loaded: dict[str, Any] = {}
        api = folder / "data" / "api"
        files = sorted((api / "client-server").glob("*.yaml"))
        servers = api / "server-server"
        files += [servers / "wellknown.yaml", servers / "version.yaml", servers / "openid.yaml", *sorted(extra.glob("*.yaml"))]
        definitions = (api / "client-server" / "definitions").resolve()
        self._definitions = definitions.as_uri()
        self._errors = (definitions / "errors" / "error.yaml").as_uri()
        self._asking = (definitions / "auth_response.yaml").as_uri()
        self._registry: Registry = Registry(retrieve=self._retrieve)
        self._operations: dict[tuple[str, str], Operation] = {}
        for file in files:
            self._index(file.resolve().as_uri())

    def operation(self, method: str, path: str) -> Operation:
        """The operation; raises KeyError where the specification has none."""
        return self._operations[(method, path)]

    def operations(self) -> list[Operation]:
        """All operations."""
        return list(self._operations.values())

    def problems(self, operation: Operation, status: int, content_type: str, value: Any) -> list[str]:
        """What is wrong with a JSON body by the schema of this status, in words."""
        asks = status == 401 and isinstance(value, dict) and "flows" in value
        if asks:
            return self._validate(self._asking, value)
        reference = self._schema_reference(operation, status, content_type)
        if status >= 400:
            # A 401 that is documented as a question for more authentication is also what a request
            # without a valid token gets; then it is an error like any other.
            found = [] if reference is None or status == 401 else self._validate(reference, value)
            return found + self._validate(self._errors, value)
        return [f"{status} is not documented"] if reference is None else self._validate(reference, value)

    def definition_problems(self, name: str, value: Any) -> list[str]:
        """What is wrong with a value by one of the files of definitions, in words."""
        return self._validate(f"{self._definitions}/{name}", value)

    def _schema_reference(self, operation: Operation, status: int, content_type: str) -> str | None:
        pointer = (*operation.pointer, "responses", str(status))
        response = operation.definition["responses"].get(str(status))
        uri = operation.uri
        if response is not None and "$ref" in response:
            local = response["$ref"]
            if not local.startswith("#/"):
                raise ValueError(f"a response in another file: {local}")
            pointer = tuple(unquote(local[2:]).split("/"))
            response = self._resolve(uri, pointer)
        content = (response or {}).get("content", {})
        if content_type not in content or "schema" not in content[content_type]:
            return None
        return reference_to(uri, (*pointer, "content", content_type, "schema"))

    def _validate(self, reference: str, value: Any) -> list[str]:
        validator = Draft202012Validator({"$ref": reference}, registry=self._registry)
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]

    def _index(self, uri: str) -> None:
        document = self._load(uri)
        servers = document.get("servers") or [{}]
        base = servers[0].get("variables", {}).get("basePath", {}).get("default", "")
        for path, operations in document.get("paths", {}).items():
            for method in METHODS:
                if method in operations:
                    full = base.rstrip("/") + path.strip()
                    pointer = ("paths", path, method)
                    found = Operation(method.upper(), full, uri, pointer, operations[method])
                    # Two files may describe one path (an invite by user id and one by address).
                    self._operations.setdefault((method.upper(), full), found)

    def _resolve(self, uri: str, pointer: tuple[str, ...]) -> Any:
        value = self._load(uri)
        for part in pointer:
            value = value[part]
        return value

    def _retrieve(self, uri: str) -> Resource:
        return Resource(contents=self._load(uri), specification=DRAFT202012)

    def _load(self, uri: str) -> Any:
        if uri not in self._loaded:
            text = Path(unquote(urlsplit(uri).path)).read_text()
            self._loaded[uri] = with_text_keys(yaml.load(text, Loader=PlainLoader))
        return self._loaded[uri]


class PlainLoader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):
    """YAML as JSON sees it: a date in an example stays text."""


PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def with_text_keys(value: Any) -> Any:
    """Status codes that are written as numbers become the text keys that JSON pointers use."""
    if isinstance(value, dict):
        return {str(key): with_text_keys(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_text_keys(inner) for inner in value]
    return value


def reference_to(uri: str, pointer: tuple[str, ...]) -> str:
    """A reference with a JSON pointer, each part escaped."""
    parts = (quote(part.replace("~", "~0").replace("/", "~1"), safe="~") for part in pointer)
    return f"{uri}#/{'/'.join(parts)}"
