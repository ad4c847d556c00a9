"""How many processor cores are ours."""

from __future__ import annotations

import os
from pathlib import Path

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")


def available_cores(cpu_max: Path = CPU_MAX) -> int:
    """Cores this process may use, at least 1: its affinity, or less where a container says so.

    Threads beyond a container's quota make a model slower, not faster: the quota is used up
    early in each period, and all of them wait.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, _quota(cpu_max) or cores))


def _quota(cpu_max: Path) -> int | None:
    """Whole cores in cgroup v2's `quota period`, in microseconds; None where there is no limit."""
    try:
        quota, period = cpu_max.read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return int(quota) // int(period) or 1 if quota.isdigit() else None
