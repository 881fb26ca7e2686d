"""Writes docs/benchmarks.md from the results of one run: prose and tables in one go."""

from . import sizes, tables, targets

HEAD = """\
# Benchmarks

<!-- Written by bench/compare from docs/benchmarks.json. Edit bench/comparison/page.py instead. -->

One run on one machine: each server alone, one after the other, from an empty database, under the
same load. What counts is **processor time per operation**, the server's and its database's
together: unlike a rate, it says how many people a machine can serve, and it hardly depends on what
else the machine does.
"""

ANSWERS = """\
Servers that say more or less in an answer do not do the same work: these are the bodies, without
compression.

"""

METHOD = """\
## How it is measured

`bench/load` speaks the client-server API to any homeserver. Each case prepares its own users and
rooms, waits until the server is quiet, works for {seconds} seconds with a fixed number of clients
that send the next request when the last one is answered, and reads the counters again once the
server is quiet again, so that work put off until after the answer is counted too.

- *Processor time* is user and system time from `/proc/PID/stat`, summed over the server's processes,
  the database's processes and their children that have ended, divided by the operations that
  succeeded. Its resolution is 10 ms in the whole of a case.
- *Latency* is from the beginning of a request to the last byte of its answer; in the delivery case,
  from the beginning of a send to its arrival at each listener.
- *Memory* is the proportional set size (`smaps_rollup`), sampled twice a second.
- The load generator runs on the same machine, on one thread. It takes processor time that rates and
  latencies then lack, the same for every server.

### Conditions

{conditions}

### What each case does

| Case | One operation |
|---|---|
"""

CASES = """\
| register | an account through the shared-secret API of Synapse, which Longhouse has too (two requests) |
| login | a password login as a new device |
| create-room | `createRoom`, preset `private_chat`, with a name and a topic |
| join | `join` of a public room that grows from 1 member |
| send | a text message from 1, 8 or 32 senders into one room, or each into a room of two |
| send-members | two senders in a room whose other members are not connected |
| send-history | two senders in a room that already has so many events |
| delivery | a message to a room whose members all hold `/sync` long-polls; latency is the arrival |
| sync-initial | `/v3/sync` without `since`, lazy members, 20 events a room; no request is repeated |
| sync-incremental | `/v3/sync` with `since`, after which nothing happened |
| sliding-first | simplified sliding sync without `pos`, asked as Element X does |
| sliding-incremental | the same with `pos`, after which nothing happened |
| messages | `/messages?dir=b&limit=100`, page after page |
| members | `/members` of a room |
| media-upload, media-download | a file of random bytes, through the authenticated API |
| idle-polls | nothing: long-polls are held open, and nothing wakes them |
| disk | a text message; what the data grew by on disk, divided by the messages |
| state-storage | half of a room's members leave and join again; growth on disk for each change |
"""

REPEAT = """\
## Repeat it

    bench/compare

needs a Rust toolchain, Python 3.11 with `venv`, PostgreSQL's programs with `libpq-dev` (Debian:
`postgresql libpq-dev`) and access to PyPI for Synapse, which it keeps in
`~/.cache/longhouse/bench`. It takes about twenty minutes and writes this page and
`docs/benchmarks.json`. `bench/compare --quick` is a smoke run of the same. To measure another
homeserver: `cargo run --release --manifest-path bench/load/Cargo.toml -- --help`.
"""


def render(results: dict) -> str:
    """The whole page."""
    parts = [
        HEAD,
        _run(results),
        tables.failures(results),
        targets.table(results),
        "## Processor time per operation\n\n" + tables.processor_time(results),
        "## How the cost of a send grows\n\n" + tables.growth(results),
        "## Rate and latency\n\n" + tables.rate_and_latency(results),
        "## Length of the answers\n\n" + ANSWERS + tables.answers(results),
        "## Memory\n\n" + tables.memory(results),
        "## Disk\n\n" + tables.disk(results),
        METHOD.format(seconds=sizes.FULL["seconds"], conditions=_conditions(results)) + CASES,
        REPEAT,
    ]
    return "\n".join(part for part in parts if part)


def _run(results: dict) -> str:
    machine = results["machine"]
    memory = machine["memory_bytes"] / 2**30
    rows = [
        ("Date", results["date"]),
        *((server["name"], server["version"]) for server in results["servers"]),
        ("PostgreSQL", results["postgresql"]),
        ("Longhouse built from", f"{results['commit']}, {results['rustc']}"),
        ("Processor", f"{machine['processor']}, {machine['cores']} cores{_virtual(machine)}"),
        ("Memory", f"{memory:.0f} GiB"),
        ("System", machine["system"]),
        ("Databases on", machine["file_system"]),
        ("Python (Synapse)", results["python"]),
        ("Quiet machine", _quiet(results)),
    ]
    lines = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(["| | |", "|---|---|", *lines, ""])


def _virtual(machine: dict) -> str:
    return " (a virtual machine)" if machine["virtual"] else ""


def _quiet(results: dict) -> str:
    rows = [row for server in results["servers"] for row in server["report"]["rows"]]
    during = sorted(row["foreign_cores"] for row in rows)
    median, most = (during[len(during) // 2], during[-1]) if during else (0.0, 0.0)
    before = results["busy_cores_before"]
    said = "yes" if max(before, median) < 0.1 else "**no**: take rates and latencies as lower bounds"
    return (
        f"{said} (cores that others kept busy: {before:.2f} before the run, "
        f"{median:.2f} during the median case, {most:.2f} at most)"
    )


def _conditions(results: dict) -> str:
    settings = ", ".join(f"`{name} = {value}`" for name, value in results["settings"].items())
    lines = [
        f"PostgreSQL is the same for each server: a new cluster, {settings}, everything else as "
        "shipped. `fsync`, `synchronous_commit` and `full_page_writes` are **on**. Servers reach it "
        "over TCP on loopback.",
        "Longhouse on SQLite commits with `synchronous=FULL`: it answers a send after the data is "
        "on disk, as PostgreSQL does.",
        "All servers run as one process (Synapse without workers), over plain HTTP on loopback, "
        "without federation, with the log at warnings, rate limits out of the way, and caches and "
        "everything else at their defaults. Synapse runs on the CPython above, with glibc's "
        "allocator; its presence is off.",
        "Password hashes are made cheap in both (bcrypt with 4 rounds, argon2id with 1 MiB and one "
        "pass), so *register* and *login* show what is around them, and preparing is quick. With "
        "its default of 19 MiB, Longhouse holds that much more for each password it is hashing.",
        "Each message is also put into the full-text index, in Longhouse beside the requests: the "
        "figures of sends contain that.",
        "Rooms are of the same version in each server: " + str(results["room_version"]) + ".",
    ]
    smaller = ", ".join(f"`--{name} {value}`" for name, value in sizes.SYNAPSE.items())
    if not results["quick"]:
        lines.append(
            f"Synapse is given smaller preparations ({smaller}): the full ones would take it longer "
            "than all the rest. Cases that it did not run are empty in the tables; bytes for each "
            "state change and idle long-polls compare different sizes."
        )
    else:
        lines.append("**This was a smoke run (`--quick`): its figures mean nothing.**")
    # What somebody has written into the figures of this one run; the next run has none of it.
    lines.extend(results.get("remarks", []))
    return "\n".join(f"- {line}" for line in lines)
