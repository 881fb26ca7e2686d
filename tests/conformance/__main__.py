"""`python -m conformance URL`: validates a homeserver's answers; needs the specification's data."""

import argparse
import sys
import traceback
from pathlib import Path

from conformance.api import Api
from conformance.cast import Cast
from conformance.spec import Spec, spec_dir
from conformance.table import Row, read_table
from conformance.topics import accounts, backup, discovery, keys, media, profile, push, rooms, sync, tokens
from wire.http import Connection

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Runs every topic and prints the table; 0 where all is well."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("url")
    url = parser.parse_args().url
    folder = spec_dir()
    if folder is None:
        print("skipped: no specification data (set MATRIX_SPEC_DIR, or put it at ../shared/matrix-spec)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    spec = Spec(folder, HERE / "extra")
    rows = read_table(HERE / "endpoints.txt")
    api = Api(Connection(url), spec, rows)
    cast = Cast.gather(api.connection)
    for topic in (discovery, rooms, sync, profile, keys, backup, push, media, accounts):
        run(api, topic.__name__.rsplit(".", 1)[-1], lambda topic=topic: topic.exercise(api, cast))
    run(api, "tokens", lambda: tokens.exercise(api))
    return report(api, rows)


def run(api: Api, name: str, body) -> None:
    """One topic; where it breaks off, that is one failure and the next topic still runs."""
    try:
        body()
    except Exception:
        api.failed += 1
        print(f"FAIL {name} broke off\n{traceback.format_exc(limit=4)}", flush=True)


def report(api: Api, rows: dict[tuple[str, str], Row]) -> int:
    """The table, the endpoints that were missed, the closing line."""
    section = ""
    missing = 0
    for row in rows.values():
        if row.section != section:
            section = row.section
            print(f"\n# {section}")
        print(row.line())
        missing += len(row.missing)
    print(f"\n{len(rows)} endpoints, {missing} statuses not validated")
    failed = api.failed + missing
    print(f"{api.passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
