"""The kill test must be able to fail: `python -m unittest kill.test_ledger`."""

import unittest

from kill.ledger import Ledger

MISSED = "no reader missed an acknowledged event"


def broken(ledger: Ledger, history: list[tuple[str, str]]) -> set[str]:
    """The names of the checks that fail, with one reader."""
    return {name for name, problems in ledger.verdict(history, ["reader"]).items() if problems}


class Verdicts(unittest.TestCase):
    """One server's fault at a time."""

    def setUp(self) -> None:
        self.ledger = Ledger()
        for number in (1, 2):
            self.ledger.acknowledge(f"says {number}", f"${number}")
            self.ledger.saw("reader", f"${number}", by_sync=True)
        self.history = [("$1", "says 1"), ("$2", "says 2")]

    def test_a_faithful_server(self) -> None:
        self.assertEqual(broken(self.ledger, self.history), set())

    def test_a_lost_event(self) -> None:
        self.assertEqual(broken(self.ledger, self.history[:1]), {"every acknowledged event is in the history"})

    def test_a_message_stored_twice(self) -> None:
        history = [*self.history, ("$3", "says 2")]
        self.assertEqual(broken(self.ledger, history), {"no message is in the history twice"})

    def test_an_event_paged_twice(self) -> None:
        history = [*self.history, self.history[0]]
        self.assertIn("no event is in the history twice", broken(self.ledger, history))

    def test_another_body(self) -> None:
        history = [("$1", "says 1"), ("$2", "says something else")]
        self.assertEqual(broken(self.ledger, history), {"with the body that was sent"})

    def test_a_forgotten_transaction(self) -> None:
        self.ledger.acknowledge("says 2", "$3")
        self.assertEqual(broken(self.ledger, self.history), {"a retried transaction keeps its event id"})

    def test_a_gap_in_sync(self) -> None:
        self.ledger.acknowledge("says 3", "$3")
        self.assertEqual(broken(self.ledger, [*self.history, ("$3", "says 3")]), {MISSED})

    def test_a_reader_who_saw_nothing(self) -> None:
        self.ledger.seen.clear()
        self.assertEqual(broken(self.ledger, self.history), {MISSED})

    def test_an_event_synced_twice(self) -> None:
        self.ledger.saw("reader", "$1", by_sync=False)
        self.assertEqual(broken(self.ledger, self.history), set())
        self.ledger.saw("reader", "$1", by_sync=True)
        self.assertEqual(broken(self.ledger, self.history),
                         {"no sync brought an event that an earlier one had brought"})


if __name__ == "__main__":
    unittest.main()
