"""A disk that can be filled: a small file system in memory, mounted where a server keeps its files."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoDisk(Exception):
    """We are not allowed to mount one."""


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[None]:
    """Mounts a file system of that size at `folder`, which is made; raises `NoDisk`."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0700", "longhouse-test", str(folder)]
    try:
        done = subprocess.run(mount, stderr=subprocess.PIPE, check=False)
    except FileNotFoundError as missing:
        raise NoDisk(str(missing)) from missing
    if done.returncode != 0:
        raise NoDisk(done.stderr.decode(errors="replace").strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(ballast: Path) -> int:
    """Writes zeros to `ballast` until there is no space left; how many bytes it took."""
    taken = 0
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    taken += file.write(bytes(size))
            except OSError:
                continue
    return taken
