"""One keep-alive HTTP connection that shows what really came back."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit


class Dropped(Exception):
    """The server closed the connection or did not answer in time."""


@dataclass
class Answer:
    """A response as it was on the wire; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; raises ValueError where it is not."""
        return json.loads(self.body)

    @property
    def content_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class Connection:
    """Reused between requests; a connection that was idle may be gone and is opened once more."""

    def __init__(self, url: str, timeout_s: float = 60.0) -> None:
        parts = urlsplit(url)
        self.url = url
        self._http = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
        self._used = False

    def request(self, method: str, target: str, body: bytes | None = None,
                headers: dict[str, str] | None = None) -> Answer:
        """Sends one request and reads the whole answer; raises `Dropped`."""
        try:
            return self._once(method, target, body, headers or {})
        except (ConnectionError, http.client.BadStatusLine) as error:
            # A reused connection may have been closed between two requests, which is no fault;
            # the same thing on a fresh connection is.
            if not self._used:
                self.close()
                raise Dropped(f"{method} {target[:120]}: {error!r}") from error
            self.close()
            return self.request(method, target, body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Dropped(f"{method} {target[:120]}: {error!r}") from error

    def _once(self, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        try:
            self._http.request(method, target, body=body, headers=headers)
        except (BrokenPipeError, ConnectionResetError):
            # A server may refuse a body that is too long before it has read it all: the answer is
            # then already on its way and must still be readable.
            if body is None or self._http.sock is None:
                raise
            response = http.client.HTTPResponse(self._http.sock, method=method)
            response.begin()
            answer = self._read(response)
            self.close()
            return answer
        response = self._http.getresponse()
        answer = self._read(response)
        self._used = True
        if response.will_close:
            self.close()
        return answer

    @staticmethod
    def _read(response: http.client.HTTPResponse) -> Answer:
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        self._http.close()
        self._used = False


def expand(template: str, values: dict[str, str], query: dict[str, Any] | None = None) -> str:
    """A path template with its `{name}`s filled in and percent-encoded, and a query string."""
    parts = []
    for part in template.split("/"):
        if part.startswith("{") and part.endswith("}"):
            part = quote(values[part[1:-1]], safe="")
        parts.append(part)
    path = "/".join(parts)
    return f"{path}?{urlencode(query, doseq=True)}" if query else path
