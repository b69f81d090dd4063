# SPDX-License-Identifier: Apache-2.0
"""Processes that are started, awaited, and gone when the benchmark is: also if it is killed."""
import collections
import ctypes
import os
import re
import signal
import subprocess
import threading

PR_SET_PDEATHSIG = 1
LIMIT = 60  # seconds to be ready, and to stop


class Failure(Exception):
    """A contestant that could not do what was asked; says why."""


def _dies_with_parent():
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A server: ready when it has said so on either of its outputs."""

    def __init__(self, command, environment, ready=r"\bready\b"):
        self.command = command
        self.lines = collections.deque(maxlen=8)
        self.is_ready = threading.Event()
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace",
                                        preexec_fn=_dies_with_parent)
        self.reader = threading.Thread(target=self._read, args=(re.compile(ready),), daemon=True)
        self.reader.start()

    def _read(self, ready):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if ready.search(line):
                self.is_ready.set()
        self.is_ready.set()  # it has ended: whoever waits looks

    @property
    def pid(self):
        return self.process.pid

    def await_ready(self):
        if not self.is_ready.wait(LIMIT) or self.process.poll() is not None:
            self.stop()
            raise Failure("%s did not start: %s" % (os.path.basename(self.command[0]), " / ".join(self.lines)))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()


class Servers:
    """Some that are started together; for `with`."""

    def __init__(self, commands, environment):
        self.commands, self.environment, self.processes = commands, environment, []

    def __enter__(self):
        try:
            for command in self.commands:
                self.processes.append(Process(command, self.environment))
            for process in self.processes:
                process.await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stop()

    @property
    def pids(self):
        return [process.pid for process in self.processes]


def run(command, environment, limit):
    """What a program prints. It dies with us."""
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", preexec_fn=_dies_with_parent) as process:
        try:
            out, err = process.communicate(timeout=limit)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise Failure("%s: no end after %.0f s" % (os.path.basename(command[0]), limit)) from None
            raise
    if process.returncode != 0:
        raise Failure("%s ended with %d: %s" % (os.path.basename(command[0]), process.returncode,
                                                (err.strip().splitlines() or ["nothing was said"])[-1]))
    return out
