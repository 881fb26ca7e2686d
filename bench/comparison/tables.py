"""The tables of docs/benchmarks.md."""

# Cases whose name says a size that differs between servers: compared by phase alone.
SIZED_PHASES = ("idle-polls", "disk", "state-storage")

READING_PHASES = (
    "sync-initial", "sync-incremental", "sliding-first", "sliding-incremental", "sliding-many-rooms",
    "messages", "members", "search", "hierarchy", "preview-cached",
)


def processor_time(results: dict) -> str:
    """Milliseconds per operation, with the first server's divided by each other's."""
    first, *others = results["servers"]
    head = ["Operation", *(f"{server['name']}, ms" for server in results["servers"])]
    head += [f"{_short(first)} ÷ {_short(other)}" for other in others]
    rows = []
    for phase, case in _cases(results):
        if phase in SIZED_PHASES:
            continue
        costs = [cost_of(_find(server, phase, case)) for server in results["servers"]]
        cells = [_cost_text(_find(server, phase, case)) for server in results["servers"]]
        ratios = [_ratio(costs[0], cost) for cost in costs[1:]]
        rows.append([f"{phase}: {case}", *cells, *ratios])
    note = "In brackets: the database's part. A ratio over 1 says how many times less is spent.\n"
    return table(head, rows) + "\n" + note


def growth(results: dict) -> str:
    """The cost of a send by members and by history, against the smallest room."""
    head = ["Room", *(f"{server['name']}, ms (× smallest)" for server in results["servers"])]
    rows = []
    for phase in ("send-members", "send-history", "send-push-rules"):
        for case in [case for name, case in _cases(results) if name == phase]:
            cells = []
            for server in results["servers"]:
                smallest = next(iter(rows_of(server, phase)), None)
                cost, base = cost_of(_find(server, phase, case)), cost_of(smallest)
                cells.append(f"{number(cost)} ({cost / base:.2f})" if cost and base else "–")
            rows.append([case, *cells])
    return table(head, rows)


def rate_and_latency(results: dict) -> str:
    """Operations a second, median and 99th percentile."""
    head = ["Operation"]
    for server in results["servers"]:
        head += [f"{server['name']}: per s", "p50 ms", "p95 ms", "p99 ms"]
    rows = []
    for phase, case in _cases(results):
        if phase in SIZED_PHASES:
            continue
        cells = []
        for server in results["servers"]:
            cells += _speed(_find(server, phase, case))
        rows.append([f"{phase}: {case}", *cells])
    return table(head, rows)


def answers(results: dict) -> str:
    """Mean length of what the reading operations are answered, to see that they compare alike."""
    head = ["Kilobytes an answer", *(server["name"] for server in results["servers"])]
    rows = []
    for phase, case in _cases(results):
        if phase in READING_PHASES:
            found = [_find(server, phase, case) for server in results["servers"]]
            cells = [number(row["response_bytes"] / 1e3) if row else "–" for row in found]
            rows.append([f"{phase}: {case}", *cells])
    return table(head, rows)


def memory(results: dict) -> str:
    """Of the server's processes, and of its database's."""
    head = ["Megabytes", *(server["name"] for server in results["servers"])]
    rows = [["just started"], ["most during the run"], ["at the end of the run"]]
    rows += [["database, at the end of the run"], ["idle long-polls held"]]
    rows += [["more for each of them, kB"], ["their share of one core, %"]]
    for server in results["servers"]:
        peaks = [row["memory"]["server_bytes"] for row in server["report"]["rows"] if row["memory"]]
        idle = next(iter(rows_of(server, "idle-polls")), None)
        database = server["database_pss_end"]
        cells = [
            _megabytes(server["pss_start"]), _megabytes(max(peaks, default=0)),
            _megabytes(server["pss_end"]), "–" if database is None else _megabytes(database),
            str(idle["operations"]) if idle else "–",
            number(_per_poll(idle) / 1e3) if idle else "–",
            number(idle["extra"]["percent_of_one_core"]) if idle else "–",
        ]
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    return table(head, rows)


def disk(results: dict) -> str:
    """Bytes for each message and for each change of state."""
    head = ["Bytes on disk", *(server["name"] for server in results["servers"])]
    names = {
        "a message, with everything": ("disk", "bytes_per_message"),
        "a join or leave, with everything": ("state-storage", "bytes_per_change"),
        "of it, tables of room state": ("state-storage", "state_bytes_per_change"),
    }
    rows = []
    for title, (phase, figure) in names.items():
        cells = []
        for server in results["servers"]:
            values = [row["extra"][figure] for row in rows_of(server, phase) if figure in row["extra"]]
            cells.append(number(values[-1]) if values else "–")
        rows.append([title, *cells])
    return table(head, rows)


def failures(results: dict) -> str:
    """What went wrong, or nothing. Never left out of the page."""
    lines = []
    for server in results["servers"]:
        for phase, reason in server["report"]["broken"].items():
            lines.append(f"- {server['name']}, {phase}: could not run: {reason}")
        for row in server["report"]["rows"]:
            if row["failures"]:
                what = f"{server['name']}, {row['phase']}: {row['case']}"
                lines.append(f"- {what}: {row['failures']} failed: {row['first_failure']}")
            missing = row["extra"].get("missing_arrivals")
            if missing:
                what = f"{server['name']}, {row['phase']}: {row['case']}"
                lines.append(f"- {what}: {missing:.0f} arrivals missing after 20 s")
    return "## What failed\n\n" + "\n".join(lines) + "\n" if lines else ""


def table(head: list, rows: list) -> str:
    """A Markdown table: the first column to the left, figures to the right."""
    rule = ["---"] + ["--:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *rows]) + "\n"


def _cases(results: dict) -> list:
    """Phase and case of every row of any server, in the order of the server that has most."""
    servers = sorted(results["servers"], key=lambda server: -len(server["report"]["rows"]))
    found = {}
    for server in servers:
        for row in server["report"]["rows"]:
            found.setdefault((row["phase"], row["case"]))
    return list(found)


def rows_of(server: dict, phase: str) -> list:
    """A server's rows of one phase."""
    return [row for row in server["report"]["rows"] if row["phase"] == phase]


def _find(server: dict, phase: str, case: str) -> dict | None:
    return next((row for row in rows_of(server, phase) if row["case"] == case), None)


def cost_of(row: dict | None) -> float | None:
    """Milliseconds of processor time per operation, the server's and its database's."""
    if not row or not row["operations"] or not row["cpu_ms_per_operation"]:
        return None
    return row["cpu_ms_per_operation"]["server"] + row["cpu_ms_per_operation"]["database"]


def _cost_text(row: dict | None) -> str:
    cost = cost_of(row)
    if cost is None:
        return "–"
    database = row["cpu_ms_per_operation"]["database"]
    return f"{number(cost)} ({number(database)})" if database else number(cost)


def _speed(row: dict | None) -> list:
    if not row or not row["operations"]:
        return ["–"] * 4
    latency = row["latency_ms"]
    figures = [row["operations_per_second"], latency["p50"], latency["p95"], latency["p99"]]
    return [number(figure) for figure in figures]


def _per_poll(row: dict) -> float:
    return row["extra"]["memory_growth_bytes"] / max(row["operations"], 1)


def _ratio(first: float | None, other: float | None) -> str:
    return f"{number(first / other)} ×" if first and other else "–"


def _short(server: dict) -> str:
    return server["short"]


def _megabytes(count: int) -> str:
    return number(count / 1e6)


def number(value: float | None) -> str:
    """Three significant digits, without an exponent."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    for limit, digits in ((100, 0), (10, 1), (1, 2), (0.1, 3)):
        if abs(value) >= limit:
            return f"{value:,.{digits}f}"
    return f"{value:.4f}"
