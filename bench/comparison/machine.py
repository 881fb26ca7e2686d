"""What the figures were measured on."""

import os
import platform
import time
from pathlib import Path


def describe(folder: Path) -> dict:
    """The machine, and the file system that the databases of `folder` are on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{_distribution()}, Linux {platform.release()}",
        "file_system": _file_system(folder),
        "virtual": _is_virtual(),
    }


def busy_cores(seconds: float = 3.0) -> float:
    """How many cores others keep busy, watched for a while before anything is started."""
    before, began = _busy_ticks(), time.monotonic()
    time.sleep(seconds)
    ticks = _busy_ticks() - before
    return ticks / os.sysconf("SC_CLK_TCK") / (time.monotonic() - began)


def _busy_ticks() -> int:
    fields = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return sum(fields) - idle - waiting


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def _file_system(folder: Path) -> str:
    """The type of the mount that the folder is on, such as `ext4`."""
    found = ("/", "unknown")
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, kind, *_ = line.split()
        if folder.resolve().is_relative_to(point) and len(point) >= len(found[0]):
            found = (point, kind)
    return found[1]


def _is_virtual() -> bool:
    return " hypervisor" in Path("/proc/cpuinfo").read_text()
