"""Where virtual environments and npm trees live, and how they are made when missing."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/longhouse/tests`, by default under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(base) / "longhouse" / "tests"
    root.mkdir(parents=True, exist_ok=True)
    return root


def fingerprint(*files: Path) -> str:
    """Twelve hex digits that change with the content of `files`."""
    digest = hashlib.sha256(sys.version.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def python_env(name: str, requirements: Path) -> Path:
    """The interpreter of a virtual environment that holds `requirements`; made once a content."""
    home = cache_root() / f"{name}-{fingerprint(requirements)}"
    python = home / "bin" / "python"
    if not (home / ".complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", str(requirements)], check=True)
        (home / ".complete").touch()
    return python


def npm_tree(name: str, source: Path) -> Path:
    """A folder with `source`'s package files and their `npm ci`; made once a content."""
    package, lock = source / "package.json", source / "package-lock.json"
    home = cache_root() / f"{name}-{fingerprint(package, lock)}"
    if not (home / ".complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        shutil.copy(package, home)
        shutil.copy(lock, home)
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm is missing: install Node.js 20 or newer (apt install npm)")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=home, check=True)
        (home / ".complete").touch()
    return home


def cargo_program(name: str, source: Path) -> Path:
    """The program of the Rust workspace at `source`; cargo builds what has changed."""
    target = cache_root() / name
    cargo = shutil.which("cargo")
    if cargo is None:
        raise SystemExit("cargo is missing")
    line = [cargo, "build", "--quiet", "--locked", "--manifest-path", str(source / "Cargo.toml"), "--target-dir", str(target)]
    subprocess.run(line, check=True)
    return target / "debug" / name
