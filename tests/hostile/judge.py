"""What every answer must be, however bad the request was."""

import time

from wire.http import Answer, Connection, Dropped


class Late(Exception):
    """An attack takes longer than it may."""


class Judge:
    """Sends, judges, counts. A problem is printed once an endpoint and kind of attack."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.passed = 0
        self.failed = 0
        self._deadline = float("inf")

    def allow(self, seconds: float) -> None:
        """From now on, so long may pass until `send` raises `Late`."""
        self._deadline = time.monotonic() + seconds

    def send(self, name: str, method: str, target: str, body: bytes | None = None,
             headers: dict[str, str] | None = None, wanted: tuple[int, ...] | None = None) -> Answer | None:
        """Sends the request and scores the answer; `wanted` where only some statuses are right."""
        if time.monotonic() > self._deadline:
            raise Late(name)
        try:
            answer = self.connection.request(method, target, body, headers)
        except Dropped as error:
            self.score(name, [f"dropped: {error}"])
            return None
        problems = self.problems(answer)
        if wanted is not None and answer.status not in wanted:
            problems.append(f"{answer.status} instead of {wanted}: {answer.body[:120]!r}")
        self.score(name, problems)
        return answer

    @staticmethod
    def problems(answer: Answer) -> list[str]:
        """A 5xx, or an error that is not a Matrix error."""
        if answer.status >= 500:
            return [f"{answer.status}: {answer.body[:160]!r}"]
        if answer.status < 400:
            return []
        try:
            value = answer.json()
        except ValueError:
            return [f"{answer.status} without JSON: {answer.body[:120]!r}"]
        if not isinstance(value, dict):
            return [f"{answer.status} with {type(value).__name__}"]
        if "flows" in value:
            return []
        found = []
        if not isinstance(value.get("errcode"), str):
            found.append(f"{answer.status} without errcode: {answer.body[:120]!r}")
        if answer.content_type != "application/json":
            found.append(f"{answer.status} as {answer.content_type!r}")
        return found

    def score(self, name: str, problems: list[str]) -> None:
        """Counts one check and prints what is wrong with it."""
        if not problems:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAIL {name}: {'; '.join(problems)}", flush=True)
