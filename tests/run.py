"""`make test`: every test, browser tests with an installed Chromium or Debian's; says in its last lines what did not run and why."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("chromium", "fonts-noto-cjk")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser() -> tuple[str | None, str]:
    """The path of a Chromium, installed from Debian when allowed; else None and why."""
    found = os.environ.get("CHROMIUM") or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found, ""
    if shutil.which("apt-get") is None:
        return None, "no Chromium is installed, and this is no Debian to install it on"
    if os.geteuid() != 0:
        return None, f"no Chromium is installed; as root: apt-get install {' '.join(PACKAGES)}"
    print(f"installing {' and '.join(PACKAGES)} for the browser tests …", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        done = subprocess.run(command, check=False, text=True, **quiet)
        if done.returncode != 0:
            return None, f"{' '.join(command[:2])} failed: {(done.stderr or '').strip().splitlines()[-1:]}"
    path = shutil.which("chromium")
    return path, "" if path else "Chromium was installed but is not found"


def main() -> int:
    long = "--long" in sys.argv[1:]
    chosen = [argument for argument in sys.argv[1:] if argument != "--long"]
    path, why = browser()
    workers = min(2, os.cpu_count() or 1)
    status = suite("not browser" if long else "not browser and not long", chosen, workers=workers)
    if path is None:
        print(f"NOT RUN: {count_of_browser_tests()} browser tests, because {why}.")
    else:
        # Apart: the browser's driver keeps an event loop of its own in the process.
        status = suite("browser", chosen, workers=workers, CHROMIUM=path) or status
    if not long:
        print("Left to `make test-long`: the long suites.")
    return status


def suite(marks: str, chosen: list[str], *, workers: int, **environment: str) -> int:
    """Runs the tests that bear the marks; the exit status, 0 when all passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), "--dist", "loadfile", "-m", marks, *chosen]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)
    nothing_chosen = 5  # pytest's word for "no test has these marks", as when one file was asked for
    return 0 if chosen and done.returncode == nothing_chosen else done.returncode


def count_of_browser_tests() -> int:
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "browser", "tests"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return sum("::" in line for line in listed.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main())
