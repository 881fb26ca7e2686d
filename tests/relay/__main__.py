"""`python -m relay --url URL [options] -- COMMAND…`: a relay that takes the credentials of a server started by COMMAND."""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rig.hosted import host, report, restart, server_arguments
from rig.longhouse import SHARED_SECRET
from rig.process import ServerProcess, end_with_parent, free_port
from wire.account import must, register
from wire.http import Connection

STARTED_S = 10.0
# Packets that two clients of the relay send one another.
PACKETS = 5
TALK_MAX_S = 30


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="relay", description=__doc__)
    server_arguments(parser)
    return parser.parse_args()


@contextmanager
def coturn(port: int) -> Iterator[None]:
    """coturn on the loopback interface, which knows the secret that the server has."""
    program = shutil.which("turnserver")
    with tempfile.TemporaryDirectory(prefix="longhouse-relay-") as folder:
        line = [program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
                "--use-auth-secret", f"--static-auth-secret={SHARED_SECRET}", "--realm=localhost", "--no-tls", "--no-dtls",
                "--no-cli", "--allow-loopback-peers", f"--pidfile={folder}/pid", f"--userdb={folder}/db", "--log-file=stdout"]
        with (Path(folder) / "log").open("wb") as log:
            child = subprocess.Popen(line, stdout=log, stderr=log, preexec_fn=end_with_parent)
        try:
            # What answers a request for a relay is up, whatever it answers.
            begun = time.monotonic()
            while not talk(port, "nobody", "nothing", 1)[1] and time.monotonic() - begun < STARTED_S:
                time.sleep(0.1)
            yield
        finally:
            child.terminate()
            child.wait(10)


def talk(port: int, username: str, password: str, packets: int = PACKETS) -> tuple[bool, str]:
    """Whether two clients with these credentials reach one another through the relay, and what they say about it."""
    line = ["turnutils_uclient", "-y", "-c", "-p", str(port), "-n", str(packets), "-u", username, "-w", password, "127.0.0.1"]
    try:
        done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TALK_MAX_S)
    except subprocess.TimeoutExpired:
        return False, "no answer"
    arrived = "Total lost packets 0 (0.000000%)" in done.stdout
    return done.returncode == 0 and arrived, done.stdout if "refused" not in done.stdout else ""


def run(options: argparse.Namespace, server: ServerProcess, port: int) -> int:
    """The whole test on a server that is serving."""
    connection = Connection(options.url, timeout_s=60)
    user = register(connection, "caller")
    checks: dict[str, list[str]] = {}

    def judge(name: str, username: str, password: str, works: bool) -> None:
        told, why = talk(port, username, password)
        checks[name] = [] if told == works else [why[-500:]]

    def ask() -> dict:
        return must(connection, "GET", "/_matrix/client/v3/voip/turnServer", token=user.token)

    with coturn(port):
        given = ask()
        name, password = given["username"], given["password"]
        checks["the server names the relay"] = [] if f":{port}?" in given["uris"][0] else [str(given)]
        judge("the relay takes the credentials", name, password, works=True)
        later = str(int(name.split(":", 1)[0]) + 86_400) + ":" + name.split(":", 1)[1]
        judge("nobody makes them last longer", later, password, works=False)
        judge("nor uses them with another password", name, password[::-1], works=False)
        restart(server, gently=True)
        judge("they outlive a restart of the server", name, password, works=True)
        fresh = ask()
        judge("new ones are taken too", fresh["username"], fresh["password"], works=True)
    return report(checks)


def main() -> int:
    """Runs the suite on a server of its own."""
    options, port = arguments(), free_port()
    if shutil.which("turnserver") is None:
        print("skipped: there is no coturn (apt install coturn)\n0 passed, 0 failed, 1 skipped")
        return 0
    options.env.append(f"LONGHOUSE_TURN__URIS=turn:127.0.0.1:{port}?transport=udp")
    return host("relay", options, lambda server: run(options, server, port))


if __name__ == "__main__":
    sys.exit(main())
