"""`python -m storage --url URL --moto PYTHON [options] -- COMMAND…`: a server, started by COMMAND, whose media are in S3.

They are on disk at first, move to the bucket and back, and the bucket is away now and then. PYTHON has moto.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rig.hosted import host, report, server_arguments
from rig.postgres import children
from rig.process import NotServing, ServerProcess
from storage.bucket import Bucket
from storage.user import User, picture

# How long uploads may still fail once the bucket is back.
BACK_WITHIN_S = 10


def arguments() -> argparse.Namespace:
    """The command line; everything after `--` starts the server in the foreground."""
    parser = argparse.ArgumentParser(prog="storage", description=__doc__)
    parser.add_argument("--moto", type=Path, required=True, help="the interpreter of moto's environment")
    parser.add_argument("--files", type=int, default=250, help="how many small files there are")
    server_arguments(parser)
    return parser.parse_args()


class Stage:
    """The server, its bucket, and one user."""

    def __init__(self, server: ServerProcess, bucket: Bucket, user: User, files: int) -> None:
        self.server, self.bucket, self.user, self.files = server, bucket, user, files
        command = server.command
        self.binary, self.data = command[0], Path(command[command.index("--data") + 1])
        self.own_env = dict(server.env)

    def restart(self, env: dict[str, str], kill: bool = False) -> None:
        """Starts the server again with other settings."""
        if kill:
            self.server.kill()
        else:
            self.server.stop()
        self.server.env = {**self.own_env, **env}
        self.server.start()
        self.server.wait_healthy()
        self.user.reconnect()

    def on_disk(self) -> int:
        """How many contents are in the folder."""
        return sum(path.is_file() for path in (self.data / "media" / "objects").rglob("*"))

    def command(self, *words: str) -> subprocess.Popen:
        """A command of the program, as an administrator gives it."""
        line = [self.binary, "--data", str(self.data), *words]
        return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={"PATH": "/usr/bin", **self.server.env})

    def move(self) -> tuple[int, dict, str]:
        """`media move` to its end: exit code, result, what it said."""
        child = self.command("--json", "media", "move")
        out, said = child.communicate(timeout=240)
        return child.returncode, json.loads(out) if out.strip() else {}, said


def refusals(stage: Stage) -> list[str]:
    """With a bucket that does not exist, the server says so and does not start; `doctor` says it too."""
    problems = []
    stage.server.stop()
    stage.server.env = {**stage.own_env, **stage.bucket.env("nowhere")}
    stage.server.start()
    try:
        stage.server.wait_healthy(20)
        problems.append("it started")
    except NotServing:
        tail = stage.server.log_tail(4)
        if stage.server.runs() or "there is no bucket nowhere" not in tail:
            problems.append(f"it said: {tail}")
    stage.server.kill()
    said = stage.command("doctor").communicate(timeout=60)[0]
    if "there is no bucket nowhere" not in said:
        problems.append(f"doctor said: {said}")
    return problems


def in_bucket(stage: Stage) -> dict[str, list[str]]:
    """Uploads go to the bucket, and come back whole, in parts, and small."""
    user, before = stage.user, stage.on_disk()
    text, photo = user.upload(b"0123456789" * 10), user.upload(picture(600, 400, 1))
    large = random.Random(2).randbytes((17 << 20) + 5)
    film = user.upload(large)
    stored = [] if (stage.on_disk(), stage.bucket.count()) == (before, 3) else \
        [f"{stage.on_disk() - before} on disk, {stage.bucket.count()} in the bucket"]
    parts = []
    for media, part, status, expected in (
            (text, "3-5", 206, b"345"), (film, "9000000-9000009", 206, large[9_000_000:9_000_010]),
            (film, "-5", 206, large[-5:]), (film, "17825797-", 416, b"")):
        answer = user.get(media, part)
        if answer.status != status or answer.body != expected:
            parts.append(f"{part}: {answer.status} {answer.body[:20]!r}")
    pictures = []
    for media in (photo, photo):
        small = user.thumbnail(media)
        if small.status != 200 or not small.body.startswith(b"\xff\xd8"):
            pictures.append(f"{small.status} {small.body[:60]!r}")
    if stage.bucket.count() != 4:
        pictures.append(f"{stage.bucket.count()} objects in the bucket")
    for number in (2, 3):
        for decoder in children(stage.server.child.pid):
            os.kill(decoder, signal.SIGKILL)
        small = user.thumbnail(user.upload(picture(300, 300, number)))
        if small.status != 200:
            pictures.append(f"after its decoder was killed: {small.status} {small.body[:60]!r}")
    return {"uploads are stored in the bucket": stored, "parts of files come from the bucket": parts,
            "thumbnails are made of what is in the bucket, and kept there": pictures,
            "files on disk and in the bucket are found": user.lost()}


def outage(stage: Stage) -> dict[str, list[str]]:
    """While the bucket is away, what needs it is refused and the rest goes on; then all is well again."""
    user, refused, process = stage.user, [], stage.server.child.pid
    film = next(media for media, (length, _) in user.uploaded.items() if length > 17 << 20)
    stage.bucket.tell("stop")
    for what, answer in (("upload", user.try_upload(b"while it is away")), ("download", user.get(film))):
        is_clear = answer.status == 503 and answer.json()["errcode"] == "M_UNKNOWN" and "retry-after" in answer.headers
        if not is_clear:
            refused.append(f"{what}: {answer.status} {answer.headers} {answer.body[:200]!r}")
    chats = user.chats()
    left = list((stage.data / "media" / "uploads").iterdir())
    refused += [f"left behind: {path}" for path in left]
    stage.restart(stage.bucket.env())
    restarted = user.chats()
    process = stage.server.child.pid
    stage.bucket.tell("start")
    begun, late = time.monotonic(), []
    while user.try_upload(b"once it is back").status != 200:
        if time.monotonic() - begun > BACK_WITHIN_S:
            late.append(f"not within {BACK_WITHIN_S} s")
            break
        time.sleep(0.1)
    if not stage.server.runs() or stage.server.child.pid != process:
        late.append("the server ended")
    return {"without the bucket, uploads and downloads are refused with 503 and leave nothing": refused,
            "without the bucket, chat goes on": chats,
            "without the bucket, a server that served before starts": restarted,
            "with the bucket back, all is well again": late + user.lost()}


def moves(stage: Stage) -> dict[str, list[str]]:
    """To the bucket, with a crash in the middle; back, with an outage in the middle."""
    user, there, back = stage.user, [], []
    disturbed(stage, lambda: stage.restart(stage.bucket.env(), kill=True))
    interrupted = [f"{stage.on_disk()} left"] if stage.on_disk() == 0 else []
    user_saw = user.lost()
    code, moved, said = stage.move()
    if code != 0 or moved.get("state") != "done" or stage.on_disk() != 0:
        there.append(f"{code} {moved} {said} {stage.on_disk()} on disk")
    again = stage.move()
    if again[0] != 0 or again[1].get("files") != 0:
        there.append(f"again: {again}")
    print(f"the second part of the move: {moved}", flush=True)
    there += user.lost()

    stage.restart(stage.bucket.env(new_files=False))
    code = disturbed(stage, lambda: stage.bucket.tell("stop"))
    if code != 1:
        back.append(f"an outage in the middle ends it with {code}")
    stage.bucket.tell("start")
    code, moved, said = stage.move()
    if code != 0 or stage.bucket.count() != 0:
        back.append(f"{code} {moved} {said} {stage.bucket.count()} in the bucket")
    back += user.lost()
    stage.restart({})
    return {"the move was interrupted in its middle": interrupted,
            "in the middle of the move everything is found": user_saw,
            "after a crash the move goes on, to its end": there,
            "everything moves back, with an outage in the middle": back,
            "without the bucket everything is there": user.lost()}


def disturbed(stage: Stage, disturb: Callable[[], object]) -> int:
    """Begins a move, disturbs it once some is done; the exit code of the command."""
    before = stage.on_disk()
    child = stage.command("--json", "media", "move")
    end = time.monotonic() + 60
    while abs(stage.on_disk() - before) < 20 and time.monotonic() < end:
        time.sleep(0.01)
    disturb()
    child.communicate(timeout=120)
    return child.returncode


def run(options: argparse.Namespace, server: ServerProcess) -> int:
    """The whole test on a server that is serving."""
    log = Path(tempfile.mkdtemp(prefix="longhouse-storage-")) / "s3.log"
    bucket = Bucket(options.moto, log)
    try:
        bucket.tell("start")
        stage = Stage(server, bucket, User(options.url), options.files)
        noise = random.Random(1)
        for number in range(options.files):
            stage.user.upload(noise.randbytes(100 + 40 * number))
        stage.user.upload(noise.randbytes(9 << 20))
        checks = {"a bucket that does not exist is told": refusals(stage)}
        stage.restart(bucket.env())
        checks |= in_bucket(stage)
        checks |= outage(stage)
        checks |= moves(stage)
        return report(checks)
    finally:
        bucket.end()


def main() -> int:
    """Runs the suite on a server of its own."""
    options = arguments()
    return host("storage", options, lambda server: run(options, server))


if __name__ == "__main__":
    sys.exit(main())
