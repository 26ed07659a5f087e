"""Starts `make demo` as a new user would, asks it what the README promises, stops it, and looks for what was left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_RUN = 300  # seconds
LATER_RUN = 60  # the aim is 20; a busy machine gets three times that
QUERIES = ("銀河鉄道の夜", "ぎんがてつどうのよる", "ｷﾞﾝｶﾞﾃﾂﾄﾞｳ", "宮沢賢治", "宮澤賢治")


def main() -> int:
    parent = "/var/tmp" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="library-demo-run-", dir=parent) as folder:
        os.chmod(folder, 0o755)
        environment = os.environ | {"LIBRARY_PORT": str(free_port()), "LIBRARY_DATA": f"{folder}/data"}
        for name, limit, stop in (
            ("first", FIRST_RUN, signal.SIGINT),
            ("second", LATER_RUN, signal.SIGTERM),
            ("third", LATER_RUN, signal.SIGHUP),
        ):
            seconds = one_run(environment, limit, stop)
            print(f"{name} start: ready after {seconds:.0f} s, stopped by {stop.name}, nothing left behind", flush=True)
        refuses_a_port_in_use(environment)
    return 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def one_run(environment: dict[str, str], limit: int, stop: signal.Signals) -> float:
    began = time.monotonic()
    address = f"http://127.0.0.1:{environment['LIBRARY_PORT']}"
    demo = subprocess.Popen(["make", "demo"], cwd=ROOT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL)
    try:
        while not is_ready(address):
            if demo.poll() is not None:
                sys.exit(f"make demo ended with {demo.returncode} before it was ready")
            if time.monotonic() - began > limit:
                sys.exit(f"make demo was not ready after {limit} s")
            time.sleep(0.3)
        seconds = time.monotonic() - began
        ask(address)
    finally:
        os.killpg(demo.pid, stop)
        try:
            demo.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(demo.pid, signal.SIGKILL)
            sys.exit(f"make demo did not stop within 30 s of {stop.name}")
    look_for_leftovers(environment["LIBRARY_DATA"])
    return seconds


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
            return answer.status == 200 and "index" not in json.load(answer)["degraded"]
    except (OSError, ValueError):
        return False


def ask(address: str) -> None:
    for query in QUERIES:
        with urllib.request.urlopen(f"{address}/api/v1/search?q={urllib.parse.quote(query)}", timeout=10) as answer:
            found = json.load(answer)
        titles = [hit["title"] for hit in found["hits"]]
        if "宮" not in query and not any("銀河鉄道の夜" in title for title in titles[:5]):
            sys.exit(f"{query}: 銀河鉄道の夜 is not among the first five, but {titles[:5]}")
        if not found["total"]:
            sys.exit(f"{query}: nothing found")
    with urllib.request.urlopen(f"{address}/records/{found['hits'][0]['id']}", timeout=10) as answer:
        if "図書館" not in answer.read().decode():
            sys.exit("the record page does not say where the book is")


def look_for_leftovers(data: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        left = subprocess.run(["pgrep", "-af", data], capture_output=True, text=True, check=False).stdout.strip()
        if not left:
            return
        if time.monotonic() > deadline:
            sys.exit(f"processes were left behind:\n{left}")
        time.sleep(0.3)


def refuses_a_port_in_use(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        there = environment | {"LIBRARY_PORT": str(taken.getsockname()[1])}
        done = subprocess.run(["make", "demo"], cwd=ROOT, env=there, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 0 or "LIBRARY_PORT" not in done.stderr or "Traceback" in done.stderr:
        sys.exit(f"a port in use is not said in one sentence:\n{done.stderr}")
    print("a port in use is refused in words", flush=True)


if __name__ == "__main__":
    sys.exit(main())
