# SPDX-License-Identifier: Apache-2.0
"""Starts the real ostlerd and calls it with the real command; tests are functions, results are TAP.

Nothing here sleeps: a host is ready when it says so by sd_notify, and log lines are awaited as they come."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

BUILD = os.environ.get("OSTLER_BUILDDIR", os.getcwd())
SOURCE = os.environ.get("OSTLER_SRCDIR", os.path.join(os.path.dirname(__file__), "..", ".."))
LIMIT = 60  # seconds for anything that should happen at once: generous, because machines are slow at times
TEST_LIMIT = 480

_tests = []


def test(function):
    _tests.append(function)
    return function


class Skip(Exception):
    """Says why a test cannot run here."""


def module(name):
    """The file of a module that was built for tests."""
    for folder in ("tests/functional/modules", "endpoints/examples", "endpoints"):
        path = os.path.join(BUILD, folder, ".libs", name + ".so")
        if os.path.exists(path):
            return path
    raise Skip("the module %s was not built" % name)


def await_true(what, condition):
    """Asks until it is so; for what nobody announces."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("in vain: " + what)
        time.sleep(0.002)  # the other side may need the core


def has_in(text, *parts):
    for part in parts:
        assert part in text, "%r is not in:\n%s" % (part, text)


class Deployment:
    """A folder with config files, sockets, and the processes that belong to it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ostlerd-")
        self.url = "nanomsg://" + self.folder + "/run"
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """Replaces a file at one moment."""
        with open(self.path(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.path(name + ".new"), self.path(name))
        return self.path(name)

    def conf(self, text, default=""):
        """ostlerd.conf: the transport of this folder, and what the test says."""
        return self.write("ostlerd.conf", "[DEFAULT]\ntransport_url = %s\n%s\n%s" % (self.url, default, text))

    def environment(self, more=None):
        environment = dict(os.environ, HOME=self.folder, XDG_RUNTIME_DIR=self.folder)
        for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM", "OSTLER_URL"):
            environment.pop(name, None)
        environment.update(more or {})
        return environment

    def run(self, *arguments, env=None):
        """Runs ostlerd to its end."""
        return subprocess.run([os.path.join(BUILD, "ostlerd"), *arguments], env=self.environment(env),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)

    def start(self, *arguments, **options):
        """Starts ostlerd on ostlerd.conf and waits until it is ready."""
        return Host(self, arguments or ("--config-file", self.path("ostlerd.conf")), **options)

    def _command(self, topic, method, arguments, options):
        command = [os.path.join(BUILD, "ostler"), "call", "--url", options.pop("url", self.url)]
        options.setdefault("timeout", str(LIMIT))
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), value]
        return command + [topic, method, *arguments]

    def try_call(self, topic, method, *arguments, **options):
        """The command's exit code, output and messages."""
        done = subprocess.run(self._command(topic, method, arguments, options), env=self.environment(),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT * 2)
        return done.returncode, done.stdout, done.stderr

    def call(self, topic, method, *arguments, **options):
        code, output, messages = self.try_call(topic, method, *arguments, **options)
        assert code == 0, "ostler call %s %s ended with %d: %s" % (topic, method, code, messages)
        return json.loads(output)

    def is_served(self, topic, **options):
        """Whether a call of an echo is answered."""
        return self.try_call(topic, "echo", "arg=x", timeout="1", **options)[0] == 0

    def begin_call(self, topic, method, *arguments, **options):
        process = subprocess.Popen(self._command(topic, method, arguments, options), env=self.environment(),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def begin_bench(self, topic, calls):
        """A measurement; its report is its result."""
        process = subprocess.Popen([os.path.join(BUILD, "ostler"), "bench", "--url", self.url, "--json", "--calls",
                                    str(calls), "--in-flight", "4", "--timeout", str(LIMIT), topic, "echo", "arg=x"],
                                   env=self.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        return process

    def begin_hold(self, topic="demo", already=0):
        """A call of the probe that is being held when this returns."""
        process = self.begin_call(topic, "hold", namespace="probe")
        await_true("a request is held",
                   lambda: self.call(topic, "held", namespace="probe") > already or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
        return process


def result_of(process):
    """The value that a call which was begun has ended with."""
    output, messages = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, messages
    return json.loads(output)


class Host:
    """A running ostlerd."""

    def __init__(self, deployment, arguments, ready=True, env=None):
        self.lines = []
        self.arrived = threading.Condition()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.settimeout(0.2)
        address = deployment.path("notify%d" % len(deployment.processes))
        self.notify.bind(address)
        self.process = subprocess.Popen([os.path.join(BUILD, "ostlerd"), *arguments],
                                        env=deployment.environment(dict(env or {}, NOTIFY_SOCKET=address)),
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deployment.processes.append(self.process)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if ready:
            self.wait_notify("READY=1")

    def _read(self):
        for line in self.process.stderr:
            with self.arrived:
                self.lines.append(line.rstrip("\n"))
                self.arrived.notify_all()
        with self.arrived:
            self.lines.append(None)
            self.arrived.notify_all()

    def wait_notify(self, part):
        """The datagrams up to the first that has @part in it."""
        got, deadline = [], time.monotonic() + LIMIT
        while not got or part not in got[-1]:
            ended = self.process.poll() is not None
            try:
                got.append(self.notify.recv(4096).decode())
            except socket.timeout:
                if ended or time.monotonic() > deadline:
                    raise AssertionError("no %s, only %r; log:\n%s" % (part, got, self.log())) from None
        return got

    def mark(self):
        """From here on, for wait_log()."""
        return len(self.lines)

    def wait_log(self, pattern, since=0):
        """The first log line that fits."""
        deadline = time.monotonic() + LIMIT
        with self.arrived:
            while True:
                for line in self.lines[since:]:
                    if line is None:
                        raise AssertionError("it ended without %r; log:\n%s" % (pattern, self.log()))
                    if re.search(pattern, line):
                        return line
                if not self.arrived.wait(deadline - time.monotonic()):
                    raise AssertionError("no %r in the log:\n%s" % (pattern, self.log()))

    def log(self):
        return "\n".join(line for line in self.lines if line is not None)

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self, logged=True):
        """SIGHUP, and back when it has been taken or refused, and the log up to there has arrived unless it goes
        elsewhere; returns the STATUS."""
        since = self.mark()
        self.signal(signal.SIGHUP)
        self.wait_notify("RELOADING=1")
        status = self.wait_notify("READY=1")[-1]
        if logged:
            self.wait_log("configuration reloaded|stays in force", since)
        return status

    def wait(self):
        """Its exit code; the whole log has been read."""
        code = self.process.wait(LIMIT)
        self.reader.join(LIMIT)
        self.notify.close()
        return code

    def stop(self):
        self.signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, "ended with %d; log:\n%s" % (code, self.log())


def _chosen():
    """All tests, or those that the arguments name."""
    return [function for function in _tests if not sys.argv[1:] or function.__name__ in sys.argv[1:]]


def _run_one(number, function):
    name = "%d - %s" % (number, (function.__doc__ or function.__name__).strip().rstrip("."))
    signal.alarm(TEST_LIMIT)
    try:
        function()
    except Skip as why:
        print("ok %s # SKIP %s" % (name, why))
        return True
    except Exception:
        for line in traceback.format_exc().splitlines():
            print("# " + line)
        print("not ok " + name)
        return False
    finally:
        signal.alarm(0)
        sys.stdout.flush()
    print("ok " + name)
    return True


def _too_long(*_):
    raise AssertionError("the test took more than %d seconds" % TEST_LIMIT)


def main():
    signal.signal(signal.SIGALRM, _too_long)
    print("1..%d" % len(_chosen()))
    good = [_run_one(number, function) for number, function in enumerate(_chosen(), 1)]
    sys.exit(0 if all(good) else 1)
