# SPDX-License-Identifier: Apache-2.0
"""What it was measured on."""
import datetime
import os
import platform
import subprocess

PACKAGES = ("libnanomsg5", "librabbitmq4", "rabbitmq-server", "python3-oslo.messaging", "libnats3.4", "nats-server",
            "libsystemd0", "dbus-daemon", "libjson-c5")


def describe():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
        models = [line.split(":", 1)[1].strip() for line in info if line.startswith("model name")]
    with open("/proc/meminfo", encoding="ascii") as info:
        memory = int(info.readline().split()[1])
    return {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "processor": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "memory_mib": memory // 1024, "kernel": platform.release(), "load": os.getloadavg()[0],
            "packages": packages()}


def packages():
    try:
        listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES], text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    except OSError:
        return {}
    return dict(line.split() for line in listed.splitlines() if len(line.split()) == 2)


def sentence(machine):
    return "%s, %d cores, Linux %s, %s" % (machine["processor"], machine["cores"], machine["kernel"], machine["date"])
