# SPDX-License-Identifier: Apache-2.0
"""System calls per call, on each side: how many more there are when more calls are made, so that starting and stopping
do not count. By perf, which costs the counted nothing, else by strace; a pass of its own either way."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from .measure import PATIENCE, deployed
from .processes import run

EVENT = "raw_syscalls:sys_enter"


def tool():
    """`perf`, `strace` or None: what works here."""
    if shutil.which("perf"):
        tried = subprocess.run(["perf", "stat", "-e", EVENT, "true"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=False)
        if tried.returncode == 0:
            return "perf"
    return "strace" if shutil.which("strace") else None


def calls_of(case, contestant):
    """A small number and a larger one."""
    if case.payload >= 100000:
        return (20, 60) if not case.is_flow else (200, 400)
    few = 1000 if case.is_flow else 100
    if contestant.name == "rabbit/oslo.messaging":
        few = 100
    return few * max(1, case.in_flight // 500), 4 * few * max(1, case.in_flight // 500)


def _perf(made, pids, calls, environment, folder):
    files = [os.path.join(folder, side) for side in ("client", "server")]
    command = ["perf", "stat", "-x,", "-o", files[0], "-e", EVENT, *made.client, "--calls", str(calls)]
    if pids:
        command = ["perf", "stat", "-x,", "-o", files[1], "-e", EVENT, "-p", ",".join(map(str, pids)), "--", *command]
    run(command, environment, PATIENCE)
    return [_perf_count(file) for file in files]


def _perf_count(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        found = re.search(r"^(\d+),[^\n]*" + re.escape(EVENT), file.read(), re.M)
    return int(found.group(1)) if found else None


def _strace(made, pids, calls, environment, folder):
    files = [os.path.join(folder, side) for side in ("client", "server")]
    watcher = None
    if pids:
        command = ["strace", "-f", "-c", "-o", files[1]]
        for pid in pids:
            command += ["-p", str(pid)]
        watcher = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        _await_tracer(pids)
    try:
        run(["strace", "-f", "-c", "-o", files[0], *made.client, "--calls", str(calls)], environment, PATIENCE)
    finally:
        if watcher:
            watcher.send_signal(signal.SIGINT)
            watcher.wait()
    return [_strace_count(file) for file in files]


def _await_tracer(pids):
    deadline = time.monotonic() + 10
    for pid in pids:
        while time.monotonic() < deadline:
            with open("/proc/%d/status" % pid, encoding="ascii") as status:
                if not re.search(r"^TracerPid:\s*0$", status.read(), re.M):
                    break
            time.sleep(0.01)


def _strace_count(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        found = re.search(r"^100\.00\s+\S+\s+(?:\S+\s+)?(\d+)(?:\s+\d+)?\s+total$", file.read(), re.M)
    return int(found.group(1)) if found else None


def count(contestant, case, around, how):
    """{"client": per call or None, "server": ...}."""
    method = {"perf": _perf, "strace": _strace}[how]
    few, many = calls_of(case, contestant)
    with tempfile.TemporaryDirectory(dir=around.folder) as folder:
        with deployed(contestant, case, around) as (made, servers):
            seen = []
            for calls in (few, many):
                for name in os.listdir(folder):
                    os.unlink(os.path.join(folder, name))
                seen.append(method(made, servers.pids, calls, around.build.environment(), folder))
    slopes = [None if a is None or b is None else max(0.0, (b - a) / (many - few)) for a, b in zip(*seen)]
    return {"client": slopes[0], "server": slopes[1] if servers.pids else None}
