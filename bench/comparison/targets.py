"""What Longhouse is to reach, and whether this run shows it.

The limits are those that the project has set itself. The run says how far each was met; nothing is
rounded in anybody's favour.
"""

from . import tables

POSTGRESQL, SQLITE = "Longhouse PG", "Longhouse SQLite"

# Title, phase, beginning of the case, most on SQLite, most on PostgreSQL, hoped for on SQLite.
PROCESSOR_TIME = (
    ("send, 32 senders, 32 rooms, ms", "send", "32 senders, 32 rooms", 0.36, 0.75, 0.18),
    ("create room, ms", "create-room", "", 6, 10, 3),
    ("join, ms", "join", "", 2, 3, 0.6),
    ("initial sync, 50 rooms × 100 messages, ms", "sync-initial", "50 rooms", 10, 12, 3),
    ("first sliding sync, ms", "sliding-first", "", 1.7, 2, 0.7),
    ("incremental sync without changes, ms", "sync-incremental", "", 0.12, 0.12, 0.04),
    ("`messages`, page of 100, ms", "messages", "", 2, 2.5, 0.8),
    ("`members` of 1,000, ms", "members", "1000 ", 5, 5, 2),
)


def table(results: dict) -> str:
    """One row for each target; empty where the run has no figure."""
    by_short = {server["short"]: server for server in results["servers"]}
    sqlite, postgresql = by_short.get(SQLITE), by_short.get(POSTGRESQL)
    if not sqlite and not postgresql:
        return ""
    rows = []
    for title, figure, most_sqlite, most_postgresql, hoped in _targets():
        cells = [_judged(figure(server), most) if server else "–"
                 for server, most in ((sqlite, most_sqlite), (postgresql, most_postgresql))]
        limits = f"{_limit(most_sqlite)} / {_limit(most_postgresql)}"
        rows.append([title, limits, *cells, _limit(hoped)])
    head = ["Target", "at most, SQLite / PostgreSQL", "SQLite", "PostgreSQL", "hoped for, SQLite"]
    return "## Targets\n\n" + tables.table(head, rows)


def _targets() -> list:
    """Title, figure of a server, most on SQLite and on PostgreSQL, hoped for on SQLite."""
    listed = [
        (title, _cost_of(phase, case), *limits) for title, phase, case, *limits in PROCESSOR_TIME
    ]
    return [
        *listed,
        ("send with 1,000 members ÷ with 2", _growth("send-members", "1000 "), 1.5, 1.5, 1.1),
        ("send with 5,000 members ÷ with 2", _growth("send-members", "5000 "), None, None, None),
        ("send after 100,000 events ÷ after 1,000", _growth("send-history", "after 100000 "),
         None, None, None),
        ("send to a member with 1,000 push rules ÷ with none",
         _growth("send-push-rules", "a member with 1000 "), None, None, None),
        ("search in 100,000 messages, p99 ms", _p99("search", "one word in 100000 "), 50, 50, None),
        ("hierarchy of a space of 500 rooms, first page, p99 ms",
         _p99("hierarchy", "first page of 500 "), 30, 30, None),
        ("first sliding sync with 5,000 rooms ÷ with 50", _many_rooms, 2, 2, None),
        ("delivery to 50 listeners at 20/s, p99 ms", _p99("delivery", "50 listeners, 20/s"), 50, 50, 10),
        ("memory when just started, MB", lambda server: server["pss_start"] / 1e6, 60, None, None),
        ("memory after the run, MB", lambda server: server["pss_end"] / 1e6, 120, None, None),
        ("10,000 idle long-polls: memory, MB", _idle("memory_growth_bytes", 1e6), 150, 150, None),
        ("10,000 idle long-polls: % of a core", _idle("percent_of_one_core", 1), 5, 5, None),
        ("bytes on disk a message", _extra("disk", "bytes_per_message"), 1500, None, 800),
        ("bytes of state a join or leave, 2,000 members",
         _extra("state-storage", "state_bytes_per_change"), 200, 200, None),
    ]


def _cost_of(phase: str, case: str):
    return lambda server: tables.cost_of(_row(server, phase, case))


def _growth(phase: str, case: str):
    def figure(server: dict) -> float | None:
        largest = tables.cost_of(_row(server, phase, case))
        smallest = tables.cost_of(next(iter(tables.rows_of(server, phase)), None))
        return largest / smallest if largest and smallest else None

    return figure


def _p99(phase: str, case: str):
    def figure(server: dict) -> float | None:
        row = _row(server, phase, case)
        return row["latency_ms"]["p99"] if row and row["operations"] else None

    return figure


def _many_rooms(server: dict) -> float | None:
    many = tables.cost_of(_row(server, "sliding-many-rooms", "window of 20 of 5000 "))
    few = tables.cost_of(_row(server, "sliding-first", "window of 20 of 50 "))
    return many / few if many and few else None


def _idle(name: str, unit: float):
    def figure(server: dict) -> float | None:
        row = _row(server, "idle-polls", "10000 ")
        return row["extra"][name] / unit if row else None

    return figure


def _extra(phase: str, name: str):
    def figure(server: dict) -> float | None:
        values = [row["extra"][name] for row in tables.rows_of(server, phase) if name in row["extra"]]
        return values[-1] if values else None

    return figure


def _row(server: dict, phase: str, case: str) -> dict | None:
    found = (row for row in tables.rows_of(server, phase) if row["case"].startswith(case))
    return next(found, None)


def _judged(figure: float | None, most: float | None) -> str:
    if figure is None:
        return "–"
    text = tables.number(figure)
    if most is None:
        return text
    return text if figure <= most else f"**{text}: missed**"


def _limit(limit: float | None) -> str:
    return "–" if limit is None else f"{limit:,}"
