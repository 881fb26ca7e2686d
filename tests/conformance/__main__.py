"""`python -m conformance URL`: validates a homeserver's answers; needs the specification's data.

With `--registry FILE` (the server's own list of endpoints) whatever is served and documented must be validated.
With `--refusals` the server is the strict one of the rig, and what it refuses is validated; with `--terms` the one that asks
people to agree to its terms.
"""

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from conformance.api import Api
from conformance.cast import Cast
from conformance.registry import gaps, read_registry, read_unreachable, unlisted
from conformance.spec import Spec, spec_dir
from conformance.table import Row, read_table
from conformance.topics import (
    accounts, appservices, backup, discovery, finding, keys, limits, media, phones, profile, push, realtime, refusals,
    relations, rooms, services, sync, terms, threepids, tokens, validity,
)
from wire.http import Connection

HERE = Path(__file__).resolve().parent
LISTED = HERE.parents[1] / "crates" / "endpoint" / "src" / "specification.txt"
REQUEST_S = 30.0
Table = dict[tuple[str, str], Row]


def main() -> int:
    """Runs every topic and prints the table; 0 where all is well."""
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--registry", type=Path)
    parser.add_argument("--refusals", action="store_true")
    parser.add_argument("--terms", action="store_true", help="the server is the one of the rig that asks people to agree")
    parser.add_argument("--program", type=Path, help="the server's program, for its command line")
    parser.add_argument("--data", type=Path, help="the server's folder")
    parser.add_argument("--appservice", type=Path, help="registration file of the rig's application service")
    parser.add_argument("--smtp-port", type=int, help="where the server sends its mail")
    parser.add_argument("--sms-url", help="where the server sends its text messages")
    options = parser.parse_args()
    folder = spec_dir()
    if folder is None:
        print("skipped: no specification data (set MATRIX_SPEC_DIR, or put it at ../shared/matrix-spec)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    spec = Spec(folder, HERE / "extra")
    rows, refused = read_table(HERE / "endpoints.txt"), read_table(HERE / "refusals.txt")
    connection = Connection(options.url, timeout_s=REQUEST_S)
    if options.refusals:
        api = Api(connection, spec, refused)
        run(api, "refusals", lambda: refusals.exercise(api))
        run(api, "limits", lambda: limits.exercise(api, read_registry(options.registry, spec)))
    elif options.terms:
        api = Api(connection, spec, read_table(HERE / "terms.txt"))
        run(api, "terms", lambda: terms.exercise(api))
        if options.program is not None:
            run(api, "validity", lambda: validity.exercise(api, options))
    else:
        api = Api(connection, spec, rows)
        run(api, "everything", lambda: everything(api, options))
        if options.registry is not None:
            served = read_registry(options.registry, spec)
            wrong = gaps(served, [rows, refused], read_unreachable(HERE / "unreachable.txt"))
            for gap in wrong + unlisted(LISTED, spec):
                api.failed += 1
                print(f"FAIL {gap}")
    return report(api, api.rows)


def everything(api: Api, options: argparse.Namespace) -> None:
    """What people do, and then what they may not do."""
    cast = Cast.gather(api.connection)
    topics = (
        discovery, rooms, relations, finding, services, sync, realtime, profile, keys, backup, push, media, accounts,
    )
    for topic in topics:
        run(api, topic.__name__.rsplit(".", 1)[-1], lambda topic=topic: topic.exercise(api, cast))
    if options.appservice is not None:
        run(api, "appservices", lambda: appservices.exercise(api, cast, options.appservice))
    if options.smtp_port is not None:
        run(api, "threepids", lambda: threepids.exercise(api, cast, options.smtp_port))
        run(api, "phones", lambda: phones.exercise(api, options.sms_url))
    run(api, "tokens", lambda: tokens.exercise(api))


def run(api: Api, name: str, body: Callable[[], None]) -> None:
    """One topic; where it breaks off, that is one failure and the next topic still runs."""
    try:
        body()
    except Exception:
        api.failed += 1
        print(f"FAIL {name} broke off\n{traceback.format_exc(limit=4)}", flush=True)


def report(api: Api, rows: Table) -> int:
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
