"""The S3 of the suite: a process of its own that can be told to be away."""

import subprocess
from pathlib import Path

from rig.process import end_with_parent, free_port

BUCKET = "files"


class Bucket:
    """moto, started with the interpreter of its environment."""

    def __init__(self, python: Path, log: Path) -> None:
        self.port = free_port()
        program = Path(__file__).parent / "s3.py"
        with log.open("ab") as errors:
            self._child = subprocess.Popen([str(python), str(program), str(self.port), BUCKET], stdin=subprocess.PIPE,
                                           stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True,
                                           preexec_fn=end_with_parent)

    def tell(self, word: str) -> str:
        """Says a word and waits for the answer."""
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.write(f"{word}\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline().strip()
        if not answer:
            raise RuntimeError(f"moto has ended before it answered {word}")
        return answer

    def count(self) -> int:
        """How many objects there are."""
        return int(self.tell("count"))

    def env(self, bucket: str = BUCKET, new_files: bool = True) -> dict[str, str]:
        """The settings of a server that stores there."""
        return {
            "LONGHOUSE_MEDIA_S3__BUCKET": bucket,
            "LONGHOUSE_MEDIA_S3__ENDPOINT": f"http://127.0.0.1:{self.port}",
            "LONGHOUSE_MEDIA_S3__PREFIX": "media",
            "LONGHOUSE_MEDIA_S3__ACCESS_KEY_ID": "key",
            "LONGHOUSE_MEDIA_S3__SECRET_ACCESS_KEY": "secret",
            "LONGHOUSE_MEDIA_S3__NEW_FILES": str(new_files).lower(),
            "LONGHOUSE_MEDIA_S3__CACHE_MAX": "1 MiB",
        }

    def end(self) -> None:
        """Ends the process."""
        self._child.kill()
        self._child.wait()
