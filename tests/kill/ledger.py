"""What was promised: every acknowledged message, and what each reader saw."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """Filled by senders and readers; compared with the server's own history at the end."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    seen: dict[str, dict[str, bool]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    contradictions: list[str] = field(default_factory=list)
    attempts: int = 0
    retries: int = 0

    def acknowledge(self, body: str, event_id: str) -> None:
        """The server answered 200 to the message `body`."""
        before = self.acknowledged.setdefault(body, event_id)
        if before != event_id:
            self.contradictions.append(f"{body} acknowledged as {before} and as {event_id}")

    def saw(self, reader: str, event_id: str, by_sync: bool) -> None:
        """A reader came upon the message, in a sync's timeline or by filling a gap.

        Two timelines must never hold the same event; a page that overlaps with one is no fault.
        """
        mine = self.seen.setdefault(reader, {})
        if by_sync and mine.get(event_id, False):
            self.repeated.append(f"{reader} was given {event_id} twice")
        mine[event_id] = mine.get(event_id, False) or by_sync

    def verdict(self, history: list[tuple[str, str]], readers: list[str]) -> dict[str, list[str]]:
        """Checks by name, each with what is wrong; `history` is (event id, body) of the room."""
        ids = {event_id for event_id, _ in history}
        by_body = Counter(body for _, body in history)
        by_id = Counter(event_id for event_id, _ in history)
        there = dict(history)
        missed = {reader: [event_id for event_id in self.acknowledged.values()
                           if event_id not in self.seen.get(reader, {})] for reader in readers}
        return {
            "every acknowledged event is in the history":
                [f"{body} ({one})" for body, one in self.acknowledged.items() if one not in ids],
            "with the body that was sent":
                [one for body, one in self.acknowledged.items() if there.get(one, body) != body],
            "no event is in the history twice": [one for one, count in by_id.items() if count > 1],
            "no message is in the history twice": [body for body, count in by_body.items() if count > 1],
            "a retried transaction keeps its event id": self.contradictions,
            "no reader missed an acknowledged event":
                [f"{reader} missed {len(lost)}: {lost[:3]}" for reader, lost in missed.items() if lost],
            "no sync brought an event that an earlier one had brought": self.repeated,
        }
