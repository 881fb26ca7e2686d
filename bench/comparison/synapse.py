"""Synapse from PyPI, in a virtual environment outside the tree."""

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

from . import process
from .postgres import Cluster

PACKAGE = "matrix-synapse[postgres,url-preview]"
# The tables that hold room state, by Synapse's own schema.
STATE_TABLES = ("state_groups", "state_groups_state", "state_group_edges", "event_to_state_groups")


def environment() -> Path:
    """The virtual environment, made and filled at the first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "longhouse" / "bench" / "synapse"
    python = folder / "bin" / "python"
    check = [python, "-c", "import synapse.app.homeserver, psycopg2, lxml"]
    if python.exists() and subprocess.run(check, capture_output=True).returncode == 0:
        return folder
    print(f"installing {PACKAGE} into {folder}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    return folder


def version() -> str:
    """Such as `1.163.2`."""
    code = "import importlib.metadata as m; print(m.version('matrix-synapse'))"
    command = [environment() / "bin" / "python", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


class Synapse:
    """One Synapse process with a database of its own."""

    name = "Synapse, PostgreSQL"

    def __init__(self, folder: Path):
        self.registration_secret = secrets.token_hex(16)
        self.version = version()
        self.database = Cluster(folder)
        self._port = process.free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        try:
            self._process = self._start(folder)
        except BaseException:
            self.database.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def load_arguments(self) -> list:
        """What the load generator is told about this server."""
        tables = ",".join(f"('{table}')" for table in STATE_TABLES)
        state = f"SELECT sum(pg_total_relation_size(name)) FROM (VALUES {tables}) AS tables (name)"
        return [
            "--database-pid", self.database.pid,
            "--database-size-command", self.database.size_command(),
            "--state-size-command", self.database.size_command(state),
        ]

    def stop(self) -> None:
        process.stop(self._process, signal.SIGTERM)
        self.database.stop()

    def _start(self, folder: Path):
        settings, log = folder / "homeserver.yaml", folder / "synapse.log"
        # YAML is a superset of JSON.
        settings.write_text(json.dumps(self._settings(folder)))
        (folder / "log.yaml").write_text(json.dumps(_log_settings(log)))
        command = [
            environment() / "bin" / "python", "-m", "synapse.app.homeserver", "-c", settings,
        ]
        subprocess.run([*command, "--generate-keys"], check=True, capture_output=True, cwd=folder)
        running = process.start(command, log, cwd=folder)
        try:
            process.wait_until_healthy(running, f"{self.url}/health", log)
        except BaseException:
            process.stop(running, signal.SIGTERM)
            raise
        return running

    def _settings(self, folder: Path) -> dict:
        database = self.database
        return {
            "server_name": "localhost",
            "report_stats": False,
            "pid_file": str(folder / "synapse.pid"),
            "log_config": str(folder / "log.yaml"),
            "signing_key_path": str(folder / "signing.key"),
            "media_store_path": str(folder / "media"),
            "trusted_key_servers": [],
            "listeners": [{
                "port": self._port, "type": "http", "bind_addresses": ["127.0.0.1"],
                "resources": [{"names": ["client"]}],
            }],
            "database": {"name": "psycopg2", "args": {
                "user": database.user, "password": database.password, "host": "127.0.0.1",
                "port": database.port, "dbname": database.database, "cp_min": 5, "cp_max": 10,
            }},
            "enable_registration": True,
            "enable_registration_without_verification": True,
            "registration_shared_secret": self.registration_secret,
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            # The page that is previewed is on this machine.
            "url_preview_enabled": True,
            "url_preview_ip_range_blacklist": ["192.0.2.0/24"],
            **_no_rate_limits(),
        }


def _no_rate_limits() -> dict:
    free = {"per_second": 1_000_000, "burst_count": 1_000_000}
    return {
        "rc_message": free,
        "rc_registration": free,
        "rc_login": {"address": free, "account": free, "failed_attempts": free},
        "rc_joins": {"local": free, "remote": free},
        "rc_joins_per_room": free,
        "rc_invites": {"per_room": free, "per_user": free, "per_issuer": free},
        "rc_media_create": free,
        "rc_presence": {"per_user": free},
        "rc_room_creation": free,
        "rc_user_directory": free,
    }


def _log_settings(log: Path) -> dict:
    return {
        "version": 1,
        "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
        "handlers": {"file": {
            "class": "logging.FileHandler", "filename": str(log), "formatter": "plain",
        }},
        "root": {"level": "WARNING", "handlers": ["file"]},
    }
