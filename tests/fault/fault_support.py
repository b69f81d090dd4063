# SPDX-License-Identifier: Apache-2.0
"""Clients that say of every call how it ended, and the guarantees that each of them must keep."""

import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
_TESTS = os.path.join(os.environ.get("OSTLER_SRCDIR", os.path.join(os.path.dirname(__file__), "..", "..")), "tests")
sys.path[:0] = [os.path.join(_TESTS, part) for part in ("functional", "support")]

import broker  # noqa: E402
import host_support  # noqa: E402
from host_support import BUILD, LIMIT, Deployment, await_true, test  # noqa: E402,F401

PEER = os.path.join(BUILD, "tests/interop/.libs/peer.so")
SLACK = 20  # seconds that a call may end late on a machine that is busy


def main():
    why = broker.missing() or (None if os.path.exists(PEER) else "the modules are linked into the programs")
    if why:
        print("1..0 # SKIP " + why)
    else:
        host_support.main()


def start_server(made, topic="fault", url=None, ready=True, options=""):
    path = made.write(topic + ".conf", "[DEFAULT]\ntransport_url = %s\n[oslo_messaging_rabbit]\n%s\n[server]\n"
                      "topic = %s\nserver = c1\nendpoints = echo, control, %s\n"
                      % (url or made.url, options, topic, PEER))
    return made.start("--config-file", path, ready=ready)


class Calls:
    """A client with calls under way."""

    def __init__(self, made, url, count, threads=8, timeout=10, kind="call", first=0, seconds=0, topic="fault"):
        self.numbers = set(range(first, first + count))
        self.timeout, self.kind = timeout, kind
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "tests/fault/caller"), url, topic, str(first), str(count), str(threads), str(timeout),
             kind, str(seconds)], env=made.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        made.processes.append(self.process)
        self.lines = []

    def await_ends(self, count):
        """Until so many calls have ended."""
        while len(self.lines) < count:
            line = self.process.stdout.readline()
            assert line, "the client ended: " + self.process.stderr.read()
            self.lines.append(line)

    def finish(self):
        """Number -> (status, message); each exactly once, in time."""
        self.lines += self.process.stdout.read().splitlines()
        assert self.process.wait(3 * LIMIT) == 0, self.process.stderr.read()
        ends = {}
        for line in self.lines:
            number, status, milliseconds, message = self._split(line)
            assert number not in ends, "call %d ended twice" % number
            assert milliseconds < (self.timeout + SLACK) * 1000, line
            assert status != "WRONG", "an answer reached another call: " + line
            ends[number] = (status, message)
        assert set(ends) == self.numbers, "calls that did not end: %r" % (self.numbers - set(ends))
        return ends

    @staticmethod
    def _split(line):
        number, status, milliseconds, message = re.match(r"(\d+) (.*?) (\d+) ?(.*)", line).groups()
        return int(number), status, int(milliseconds), message


def check_runs(made, ends, url=None, topic="fault", casts=False):
    """At most once each; what returned success ran."""
    def runs():
        return dict(made.call(topic, "runs", url=url or made.url))
    good = {number for number, (status, _) in ends.items() if status == "OK"}
    await_true("all that was accepted ran", lambda: good <= set(runs()))
    ran = runs()
    twice = {number: times for number, times in ran.items() if number in ends and times > 1}
    assert not twice, "ran more than once: %r" % twice
    return good, ran
