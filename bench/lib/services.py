# SPDX-License-Identifier: Apache-2.0
"""Brokers of our own, on loopback, started when the first contestant needs them: RabbitMQ, nats-server, a dbus-daemon."""
import os
import shutil
import socket
import sys
import time

from .build import SOURCE
from .processes import LIMIT, Failure, Process

sys.path.insert(0, os.path.join(SOURCE, "tests/support"))
import broker as rabbitmq  # noqa: E402
from ports import free_ports  # noqa: E402

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"""


def nats_program():
    return shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin")


def missing(kind):
    """Why there is no broker of this kind, or None."""
    if kind == "rabbit":
        return rabbitmq.missing()
    if kind == "nats":
        return None if nats_program() else "nats-server is not installed"
    return None if shutil.which("dbus-daemon") else "dbus-daemon is not installed"


def _tree(pid):
    """A process and all below it."""
    found = [pid]
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task), encoding="ascii") as children:
            for child in children.read().split():
                found += _tree(int(child))
    return found


class Rabbit:
    def __init__(self, _folder):
        self.brokers = rabbitmq.Brokers()
        self.address = self.brokers.nodes[0].address
        self.url = self.brokers.url
        self.pids = [pid for pid in _tree(self.brokers.nodes[0].process.pid) if _is_erlang(pid)]

    def stop(self):
        self.brokers.close()


def _is_erlang(pid):
    try:
        with open("/proc/%d/comm" % pid, encoding="ascii") as name:
            return name.read().startswith("beam")
    except OSError:
        return False


class Nats:
    def __init__(self, folder):
        port, = free_ports(1)
        self.url = "nats://127.0.0.1:%d" % port
        config = os.path.join(folder, "nats.conf")
        with open(config, "w", encoding="ascii") as file:
            file.write("max_payload: 16MB\nmax_pending: 256MB\n")
        self.process = Process([nats_program(), "-c", config, "-a", "127.0.0.1", "-p", str(port)], os.environ,
                               ready="Server is ready")
        self.process.await_ready()
        self.pids = [self.process.pid]

    def stop(self):
        self.process.stop()


class Bus:
    def __init__(self, folder):
        path = os.path.join(folder, "bus")
        self.url = "unix:path=" + path
        with open(path + ".conf", "w", encoding="ascii") as file:
            file.write(BUS_CONFIG % path)
        self.process = Process(["dbus-daemon", "--config-file=" + path + ".conf", "--nofork", "--nopidfile"],
                               os.environ)
        self.pids = [self.process.pid]
        self._await(path)

    def _await(self, path):
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline and self.process.process.poll() is None:
            with socket.socket(socket.AF_UNIX) as one:
                if one.connect_ex(path) == 0:
                    return
            time.sleep(0.01)
        self.stop()
        raise Failure("dbus-daemon did not start: " + " / ".join(self.process.lines))

    def stop(self):
        self.process.stop()


class Services:
    """For `with`: what was started is stopped."""

    KINDS = {"rabbit": Rabbit, "nats": Nats, "bus": Bus}

    def __init__(self, folder):
        self.folder, self.running = folder, {}

    def get(self, kind):
        if kind not in self.running:
            try:
                self.running[kind] = self.KINDS[kind](self.folder)
            except AssertionError as error:
                raise Failure(str(error)) from error
        return self.running[kind]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in self.running.values():
            service.stop()
