"""Runs a program to its end and tells, as a last line of JSON, what that took.

timer.py PROGRAM WORDS...

Node.js knows the processor time and the peak memory of no child, but wait4 does. The clock runs from
the start of the program to its end, so that this script's own start is not in it. The peak memory
of a program that takes less than this script (9 MiB) shows as this script's: Linux counts what was
there before exec. What others took meanwhile tells how far the figures can be trusted.
"""

import json
import os
import sys
import time

UNIT = 1 if sys.platform == "darwin" else 1024


def all_processors():
    """Seconds for which any processor was not idle, or None where no /proc tells (man 5 proc)."""
    try:
        with open("/proc/stat") as stat:
            user, nice, system, _, _, *others = map(int, stat.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


before = all_processors()
start = time.perf_counter_ns()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter_ns() - start
after = all_processors()

cpu = usage.ru_utime + usage.ru_stime
result = {
    "exitCode": os.waitstatus_to_exitcode(status),
    "wallMs": wall / 1e6,
    "cpuMs": cpu * 1e3,
    "peakBytes": usage.ru_maxrss * UNIT,
    "othersMs": None if before is None else (after - before - cpu) * 1e3,
}
print("\n" + json.dumps(result))
