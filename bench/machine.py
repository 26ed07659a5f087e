"""What this machine is, and what processes on it have used, read from /proc where there is one."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path

PROC = Path("/proc")


def facts() -> dict[str, str | int | float]:
    """Cores, processor, load and versions: what figures of two machines differ by."""
    found: dict[str, str | int | float] = {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0
    }
    found["processor"] = _processor()
    found["system"] = f"{platform.system()} {platform.release()}"
    found["python"] = platform.python_version()
    if hasattr(os, "getloadavg"):
        found["load at the start"] = round(os.getloadavg()[0], 2)
    return found


def _processor() -> str:
    try:
        lines = (PROC / "cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def peak_memory() -> int:
    """Bytes this process has held at most. Not ru_maxrss where it can be helped: that begins with the parent's figure."""
    told = _status("self", "VmHWM")
    return told if told is not None else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def memory(pid: int) -> int | None:
    """Bytes a process holds now; None where that cannot be known."""
    return _status(str(pid), "VmRSS")


def _status(pid: str, name: str) -> int | None:
    try:
        lines = (PROC / pid / "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)


def cpu_seconds(root: int) -> float | None:
    """Processor time of a process, of all it started that still run, and of those of them that have ended."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        pid = int(folder.name)
        parents[pid], used[pid] = int(fields[1]), sum(int(field) for field in fields[11:15])
    if root not in used:
        return None
    family = {root}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sum(used[pid] for pid in family) / os.sysconf("SC_CLK_TCK")
