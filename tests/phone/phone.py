"""The phone as a child process: told by lines, answers each with a line of JSON."""

import json
import subprocess
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from rig.process import end_with_parent
from wire.account import Account

ANSWER_S = 60.0


class Broken(Exception):
    """The phone ended, or did not answer."""


class Phone:
    """`app/`, with its session and its stores in `folder`."""

    def __init__(self, program: Path, url: str, account: Account, folder: Path) -> None:
        self._line = [str(program), "--url", url, "--user", account.user_id,
                      # A password may begin with a dash.
                      f"--password={account.password}", "--folder", str(folder)]
        self._log = folder.with_suffix(".log")
        self._child: subprocess.Popen | None = None
        self._answers: Queue[str] = Queue()
        self.device: str | None = None

    def switch_on(self) -> None:
        """Starts it, where it was when it went on before."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                preexec_fn=end_with_parent)
        self._answers = Queue()
        threading.Thread(target=self._read, args=(self._child, self._answers), daemon=True).start()
        device = self._answer()["device"]
        if self.device not in (None, device):
            raise Broken(f"it was {self.device}, and is {device} after it was switched on again")
        self.device = device

    @staticmethod
    def _read(child: subprocess.Popen, answers: Queue) -> None:
        for line in child.stdout:
            answers.put(line)

    def switch_off(self) -> None:
        """Its user closes the app."""
        self._child.stdin.close()
        if self._child.wait(ANSWER_S) != 0:
            raise Broken(f"it ended with code {self._child.returncode}\n{self._tail()}")

    def kill(self) -> None:
        """`kill -9`: the battery is empty."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def ask(self, line: str) -> Any:
        """Tells it what its user does; what it answers."""
        try:
            self._child.stdin.write(line + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise Broken(f"it ended before {line!r}\n{self._tail()}") from None
        return self._answer()

    def entries(self) -> list[dict[str, Any]]:
        """What its list shows, from top to bottom."""
        return self.ask("show")["entries"]

    def _answer(self) -> Any:
        for _ in range(int(ANSWER_S / 0.5)):
            try:
                return json.loads(self._answers.get(timeout=0.5))
            except Empty:
                if self._child.poll() is not None:
                    raise Broken(f"it ended with code {self._child.returncode}\n{self._tail()}") from None
        raise Broken(f"no answer within {ANSWER_S:.0f} s\n{self._tail()}")

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
