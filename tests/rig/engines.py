"""A running server by the name of its engine."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rig.longhouse import longhouse
from rig.postgres import Cluster
from rig.process import ServerProcess
from rig.synapse import synapse

ENGINES = ("sqlite", "postgres", "synapse")


@contextmanager
def engine(name: str, program: Path, keep: bool = False, manner: str = "open") -> Iterator[ServerProcess]:
    """A server of engine `name`, not yet started, in a temporary folder of its own.

    `program` is Longhouse's binary, or for `synapse` the interpreter of its virtual environment;
    `manner` says how a Longhouse is configured (see `rig.longhouse`).
    Afterwards the server is stopped and, unless `keep`, the folder deleted.
    """
    folder = Path(tempfile.mkdtemp(prefix="longhouse-test-"))
    cluster: Cluster | None = None
    server: ServerProcess | None = None
    try:
        if name == "synapse":
            server = synapse(program, folder)
        elif name == "postgres":
            cluster = Cluster.make(folder / "postgres")
            server = longhouse(program, folder, cluster.create_database("longhouse"), manner)
            server.cluster = cluster.folder
        else:
            server = longhouse(program, folder, None, manner)
        yield server
    finally:
        if server is not None:
            server.stop()
        if cluster is not None:
            cluster.remove()
        if keep:
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
