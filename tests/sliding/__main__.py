"""`python -m sliding --url URL [options] -- COMMAND…`: sliding sync on a server started by COMMAND."""

import argparse
import random
import secrets
import sys
import threading

from rig.hosted import host, report, restart, server_arguments
from rig.process import ServerProcess
from sliding.client import Encryption, RoomList
from sliding.crowd import Crowd
from sliding.verdict import verdict
from wire.account import register
from wire.http import Connection

# Empty answers in a row after which there is nothing more to come.
QUIET = 3
STEPS_MAX = 500


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="sliding", description=__doc__)
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--rooms", type=int, default=45)
    parser.add_argument("--actions", type=int, default=300, help="what others do, in all")
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    server_arguments(parser)
    return parser.parse_args()


class Follower(threading.Thread):
    """Asks on one connection until it is told to end, and then until nothing more comes."""

    def __init__(self, loop: RoomList | Encryption) -> None:
        super().__init__(daemon=True)
        self._loop = loop
        self._ends = threading.Event()
        self.fault: str | None = None

    def run(self) -> None:
        """The loop of a client."""
        try:
            while not self._ends.is_set():
                self._loop.step(waits=True)
            quiet, steps = 0, 0
            while quiet < QUIET and steps < STEPS_MAX:
                steps += 1
                quiet = 0 if self._loop.step(waits=False) else quiet + 1
        except Exception as error:  # noqa: BLE001 (whatever it is, it is the verdict)
            self.fault = repr(error)

    def end(self) -> None:
        """Lets it come to its end."""
        self._ends.set()
        self.join(120)
        if self.is_alive():
            self.fault = "it did not come to its end"


def run(options: argparse.Namespace, server: ServerProcess) -> int:
    """The whole test on a server that is serving."""
    chance, connection = random.Random(options.seed), Connection(options.url, timeout_s=60)
    user = register(connection, "user")
    crowd = Crowd(options.url, user, chance)
    crowd.gather(options.people, options.rooms)
    room_list, encryption = RoomList(options.url, user), Encryption(options.url, user)
    followers = [Follower(room_list), Follower(encryption)]
    print(f"{options.people} people, {options.rooms} rooms, {options.actions} actions, seed {options.seed}", flush=True)
    for follower in followers:
        follower.start()
    for number in range(options.actions):
        if number == options.actions // 3:
            restart(server, gently=True)
        if number == 2 * options.actions // 3:
            restart(server, gently=False)
        if number % 20 == 10:
            room_list.open(chance.choice(crowd.rooms))
        crowd.act()
    for follower in followers:
        follower.end()
    print(f"{room_list.loop.answers} answers of the room list, {encryption.loop.answers} of encryption; begun anew "
          f"{room_list.loop.restarts} and {encryption.loop.restarts} times", flush=True)
    checks = verdict(connection, crowd, room_list, encryption)
    # After a kill the server may have forgotten where they were; after a stop it may not.
    anew = [f"{loop.restarts} times" for loop in (room_list.loop, encryption.loop) if loop.restarts > 1]
    checks["a server that was stopped knows where they were"] = anew
    checks["both connections come to their end"] = [one.fault for one in followers if one.fault is not None]
    return report(checks)


def main() -> int:
    """Runs the suite on a server of its own."""
    options = arguments()
    return host("sliding", options, lambda server: run(options, server))


if __name__ == "__main__":
    sys.exit(main())
