"""`python -m phone --url URL --app PROGRAM [options] -- COMMAND…`: Element X's room list on a server started by COMMAND."""

import argparse
import random
import secrets
import sys
import tempfile
import time
from pathlib import Path

from phone.crowd import Others
from phone.phone import Phone
from phone.verdict import verdict
from rig.hosted import host, report, restart, server_arguments
from rig.process import ServerProcess
from wire.account import register
from wire.http import Connection

# Rooms that fit on the screen.
WINDOW = 25
# What shows the same this often, a second apart, has come to rest.
STILL = 3
REST_MAX_S = 90
PAUSE_S = 1.0


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="phone", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="the phone: app/, built")
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--rooms", type=int, default=470)
    parser.add_argument("--invites", type=int, default=30)
    parser.add_argument("--actions", type=int, default=900, help="what others do, in all: about an hour of a busy account")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    server_arguments(parser)
    return parser.parse_args()


def run(options: argparse.Namespace, server: ServerProcess) -> int:
    """The whole test on a server that is serving."""
    chance, connection = random.Random(options.seed), Connection(options.url, timeout_s=60)
    user = register(connection, "user")
    others = Others(options.url, user, chance)
    others.gather(options.people, options.rooms)
    others.invite(options.invites)
    print(f"{options.people} people, {options.rooms} rooms, {options.invites} invites, {options.actions} actions, "
          f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="longhouse-phone-") as folder:
        phone = Phone(options.app, options.url, user, Path(folder) / "phone")
        phone.switch_on()
        begun = time.monotonic()
        while len(phone.entries()) < options.rooms + options.invites and time.monotonic() - begun < REST_MAX_S:
            time.sleep(0.05)
        print(f"the whole list after {time.monotonic() - begun:.1f} s", flush=True)
        hour(options.actions, others, phone, server, chance)
        rest(phone)
        scroll(phone)
        checks = verdict(connection, user, rest(phone))
        phone.kill()
    return report(checks)


def hour(actions: int, others: Others, phone: Phone, server: ServerProcess, chance: random.Random) -> None:
    """What happens meanwhile: the others are busy, the phone is used, the phone is closed and opened, the server stopped and killed."""
    parts = {actions * part // 6: part for part in (1, 2, 3, 4)}
    for number in range(actions):
        match parts.get(number):
            case 1:
                restart(server, gently=True)
            case 2 | 4:
                phone.switch_off()
                phone.switch_on()
                print("the phone was off and is on again", flush=True)
            case 3:
                restart(server, gently=False)
        if number % 30 == 10:
            phone.ask(f"look {chance.randrange(0, len(others.rooms))} {WINDOW}")
        if number % 30 == 20:
            phone.ask(f"open {chance.choice(others.rooms)}")
        others.act()


def rest(phone: Phone) -> list[dict]:
    """The list when it does not change any more."""
    begun, still, last = time.monotonic(), 0, None
    while still < STILL and time.monotonic() - begun < REST_MAX_S:
        time.sleep(PAUSE_S)
        entries = phone.entries()
        still, last = (still + 1 if entries == last else 0), entries
    return last


def scroll(phone: Phone) -> None:
    """The user goes through the whole list, and opens what has no preview: the SDK makes them of the events that it has
    loaded, and after it was opened that may be one."""
    count = len(phone.entries())
    for first in range(0, count, WINDOW):
        looked = set(phone.ask(f"look {first} {WINDOW}")["rooms"])
        bare: list[str] = []
        for _ in range(20):
            bare = [entry["room_id"] for entry in phone.entries()
                    if entry["room_id"] in looked and entry["membership"] == "join" and entry["preview"] is None]
            if not bare:
                break
            time.sleep(0.1)
        for room in bare:
            phone.ask(f"read {room}")


def main() -> int:
    """Runs the suite on a server of its own."""
    options = arguments()
    return host("phone", options, lambda server: run(options, server))


if __name__ == "__main__":
    sys.exit(main())
