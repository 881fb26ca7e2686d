"""`python -m rig ENGINE PROGRAM`: serves until interrupted and prints the URL (development aid)."""

import signal
import sys
import time
from pathlib import Path

from rig.engines import engine


def main() -> None:
    """Starts the named engine and waits for Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with engine(sys.argv[1], Path(sys.argv[2])) as server:
        server.start()
        print(f"{server.url} after {server.wait_healthy():.2f} s, log {server.log}", flush=True)
        while server.child is not None and server.child.poll() is None:
            time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
