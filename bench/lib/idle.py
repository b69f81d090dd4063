# SPDX-License-Identifier: Apache-2.0
"""An ostlerd that has nothing to do: how soon it is ready, what it holds in memory, how often it wakes."""
import os
import signal
import statistics
import subprocess
import time

from . import contestants
from .cases import Case

CASE = Case("idle", "idle")


def switches(pid):
    """How often its threads have gone to sleep."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, task), encoding="ascii") as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt_switches"))
    return total


def memory_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def one(command, environment, seconds):
    """One start: milliseconds until ready, KiB, wake-ups a second over @p seconds (0: not waited for)."""
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "ready" in line:
                break
        ready = (time.monotonic() - began) * 1e3
        wakeups = None
        if seconds:
            time.sleep(0.2)  # what follows a start is over
            before = switches(process.pid)
            time.sleep(seconds)
            wakeups = (switches(process.pid) - before) / seconds
        return ready, memory_kib(process.pid), wakeups
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def measure(transport, around, starts, seconds):
    host = contestants.Host(transport + "/ostlerd", "ostlerd", "threading")
    each, _ = host.urls(CASE, around)
    path = os.path.join(around.folder, "idle.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write("[DEFAULT]\ntransport_url = %s\n[server]\ntopic = idle\nserver = one\nendpoints = echo, control\n"
                   % each[0])
    environment = around.build.environment()
    runs = [one([around.build.ostlerd, "--config-file", path], environment, 0) for _ in range(starts - 1)]
    runs.append(one([around.build.ostlerd, "--config-file", path], environment, seconds))
    return {"transport": transport, "ready_ms": statistics.median(run[0] for run in runs),
            "rss_kib": statistics.median(run[1] for run in runs), "wakeups_per_second": runs[-1][2]}
