# SPDX-License-Identifier: Apache-2.0
"""Private RabbitMQ nodes: own names, ports, folders and epmd, on loopback only; gone when the test is.

As a program: broker.py COMMAND [ARGUMENT]... runs COMMAND with OSTLER_TEST_BROKER=host:port of a fresh node in its
environment (and {url} in its arguments replaced by the node's URL), and ends with its exit code."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from ports import free_ports

LIMIT = 120  # seconds for a node to start: Erlang is slow on a busy machine
PROGRAMS = "/usr/lib/rabbitmq/bin"
PR_SET_PDEATHSIG = 1


def missing():
    """Why no broker can be run here, or None."""
    if not os.path.exists(PROGRAMS + "/rabbitmq-server"):
        return "rabbitmq-server is not installed"
    return None


def _dies_with_parent():
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Node:
    """One RabbitMQ node."""

    def __init__(self, brokers, number, conf="", plugins=""):
        self.brokers = brokers
        self.folder = os.path.join(brokers.folder, "n%d" % number)
        self.name = "n%d@localhost" % number
        self.conf, self.plugins = conf, plugins
        self.process = None
        self.port, self.dist_port = free_ports(2)
        os.mkdir(self.folder)
        self._write_config()

    def _write_config(self):
        with open(self.folder + "/rabbitmq.conf", "w", encoding="utf-8") as file:
            file.write("listeners.tcp.1 = 127.0.0.1:%d\nloopback_users.guest = false\nlog.file.level = info\n%s\n"
                       % (self.port, self.conf))
        with open(self.folder + "/plugins", "w", encoding="utf-8") as file:
            file.write("[%s].\n" % self.plugins)

    @property
    def address(self):
        return "127.0.0.1:%d" % self.port

    @property
    def url(self):
        return "rabbit://guest:guest@%s/" % self.address

    def environment(self):
        return dict(
            os.environ, HOME=self.brokers.folder, RABBITMQ_NODENAME=self.name, RABBITMQ_DIST_PORT=str(self.dist_port),
            RABBITMQ_MNESIA_BASE=self.folder + "/mnesia", RABBITMQ_LOG_BASE=self.folder + "/log",
            RABBITMQ_CONFIG_FILE=self.folder + "/rabbitmq", RABBITMQ_ENABLED_PLUGINS_FILE=self.folder + "/plugins",
            RABBITMQ_PID_FILE=self.folder + "/pid", RABBITMQ_CONF_ENV_FILE=self.folder + "/no-such-file",
            ERL_EPMD_PORT=str(self.brokers.epmd_port), ERL_EPMD_ADDRESS="127.0.0.1",
            ERL_CRASH_DUMP="/dev/null", ERL_CRASH_DUMP_SECONDS="0",
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none "
                                                "+sbwtdio none +S 2:2")

    def start(self):
        """Starts it and waits until it takes connections."""
        self.begin()
        self.await_ready()
        return self

    def begin(self):
        with open(self.folder + "/out.log", "ab") as log:
            self.process = subprocess.Popen([PROGRAMS + "/rabbitmq-server"], env=self.environment(), cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=_dies_with_parent)

    def await_ready(self):
        deadline = time.monotonic() + LIMIT
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.folder + "/out.log", encoding="utf-8", errors="replace") as log:
                    raise AssertionError("RabbitMQ did not start:\n" + log.read()[-3000:])
            time.sleep(0.1)

    def _answers(self):
        """Whether it begins an AMQP handshake."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as one:
                one.settimeout(5)
                one.sendall(b"AMQP\0\0\x09\x01")
                return one.recv(1) == b"\x01"
        except OSError:
            return False

    def signal(self, number):
        """To every process of the node: a shell and the Erlang machine."""
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def kill(self):
        """As if the power went; its files stay."""
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def ctl(self, *words, check=True):
        done = subprocess.run([PROGRAMS + "/rabbitmqctl", "-q", "-n", self.name, *words], env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
        if check and done.returncode:
            raise AssertionError("rabbitmqctl %s: %s %s" % (" ".join(words), done.stdout, done.stderr))
        return done.stdout

    def eval(self, expression):
        return self.ctl("eval", expression)


def _cluster_conf(count):
    """What makes nodes find the first one when they start for the first time."""
    lines = ["cluster_formation.peer_discovery_backend = classic_config",
             "cluster_formation.randomized_startup_delay_range.min = 0",
             "cluster_formation.randomized_startup_delay_range.max = 1"]
    lines += ["cluster_formation.classic_config.nodes.%d = n%d@localhost" % (number + 1, number)
              for number in range(count)]
    return "\n".join(lines) + "\n"


class Brokers:
    """Nodes that share a folder and an epmd, several of them as one cluster; for `with`."""

    def __init__(self, count=1, conf="", start=True, plugins=""):
        self.folder = tempfile.mkdtemp(prefix="ostler-rabbit-")
        self.epmd_port, = free_ports(1)
        self.epmd = None
        self.nodes = []
        try:
            with open(self.folder + "/.erlang.cookie", "w", encoding="utf-8") as file:
                file.write("OSTLERTEST")
            os.chmod(self.folder + "/.erlang.cookie", 0o400)
            self._start_epmd()
            conf += _cluster_conf(count) if count > 1 else ""
            self.nodes = [Node(self, number, conf, plugins) for number in range(count)]
            if start:
                self._start_nodes()
        except BaseException:
            self.close()
            raise

    def _start_nodes(self):
        """The first alone: those that follow are to find it."""
        self.nodes[0].start()
        for node in self.nodes[1:]:
            node.begin()
        for node in self.nodes[1:]:
            node.await_ready()

    def _start_epmd(self):
        """Ours: one that a node starts would outlive it."""
        self.epmd = subprocess.Popen(["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     preexec_fn=_dies_with_parent)
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.epmd_port), 5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("epmd did not start")

    @property
    def url(self):
        return "rabbit://" + ",".join("guest:guest@" + node.address for node in self.nodes) + "/"

    def close(self):
        for node in self.nodes:
            node.kill()
        if self.epmd:
            self.epmd.kill()
            self.epmd.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def main():
    why = missing()
    if why:
        print("1..0 # SKIP " + why)
        return 0
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    with Brokers() as brokers:
        words = [word.replace("{url}", brokers.url) for word in sys.argv[1:]]
        process = subprocess.Popen(words, env=dict(os.environ, OSTLER_TEST_BROKER=brokers.nodes[0].address),
                                   preexec_fn=lambda: ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
