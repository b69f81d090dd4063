# SPDX-License-Identifier: Apache-2.0
"""Clients that say of every call how it ended, and the guarantees that each of them must keep."""

import collections
import os
import re
import signal
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
_TESTS = os.path.join(os.environ.get("OSTLER_SRCDIR", os.path.join(os.path.dirname(__file__), "..", "..")), "tests")
sys.path[:0] = [os.path.join(_TESTS, part) for part in ("functional", "support")]

import broker  # noqa: E402
import host_support  # noqa: E402
from host_support import BUILD, LIMIT, Deployment, await_true, has_in, test  # noqa: E402,F401

PEER = os.path.join(BUILD, "tests/interop/.libs/peer.so")
QUEUE = 'rabbit_misc:r(<<"/">>, queue, <<"%s">>)'
SLACK = 20  # seconds that a call may end late on a machine that is busy


def main():
    why = broker.missing() or (None if os.path.exists(PEER) else "the modules are linked into the programs")
    if why:
        print("1..0 # SKIP " + why)
    else:
        host_support.main()


def start_server(made, topic="fault", url=None, ready=True, options="", server="c1", env=None):
    path = made.write("%s.%s.conf" % (topic, server), "[DEFAULT]\ntransport_url = %s\n[oslo_messaging_rabbit]\n%s\n"
                      "[server]\ntopic = %s\nserver = %s\nendpoints = echo, control, %s\n"
                      % (url or made.url, options, topic, server, PEER))
    return made.start("--config-file", path, ready=ready, env=env)


def lose(node, queues):
    """What rabbit_amqqueue:on_node_down() does to a queue of a name that it has listed."""
    names = ", ".join(QUEUE % queue for queue in queues)
    node.eval("rabbit_misc:execute_mnesia_transaction(fun () -> [begin ok = mnesia:delete({rabbit_queue, N}), "
              "rabbit_binding:remove_transient_for_destination(N) end || N <- [%s]], ok end)." % names)


class Calls:
    """A client with calls under way."""

    def __init__(self, made, url, count, threads=8, timeout=10, kind="call", first=0, seconds=0, topic="fault",
                 pause=0, env=None):
        self.first, self.count, self.timeout = first, count, timeout
        self._begin(made, ["caller", url, topic, str(first), str(count), str(threads), str(timeout), kind, str(seconds),
                           str(pause)], env)

    def _begin(self, made, words, env):
        self.process = subprocess.Popen([os.path.join(BUILD, "tests/fault", words[0])] + words[1:],
                                        env=made.environment(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        made.processes.append(self.process)
        self.lines = []
        self.arrived = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.arrived:
                self.lines.append(line)
                self.arrived.notify_all()
        with self.arrived:
            self.ended = True
            self.arrived.notify_all()

    def await_ends(self, count):
        """Until so many calls have ended."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.lines) >= count or self.ended, 3 * LIMIT), self.lines[-3:]
            assert len(self.lines) >= count, "the client ended: " + self.process.stderr.read()

    def await_good(self, count):
        """Until so many more have ended well."""
        begin, limit = len(self.lines), 3 * LIMIT

        def good():
            return sum(self._split(line)[1] == "OK" for line in self.lines[begin:])
        with self.arrived:
            self.arrived.wait_for(lambda: good() >= count or self.ended, limit)
            assert good() >= count, "only %d of %d went well: %s" % (good(), len(self.lines) - begin, self.lines[-3:])

    def stop(self):
        """Begins no further calls, and as finish()."""
        self.process.send_signal(signal.SIGTERM)
        return self.finish(whole=False)

    def finish(self, whole=True):
        """Number -> (status, message); each exactly once, in time."""
        code = self.process.wait(3 * LIMIT)
        assert code == 0, "the client ended with %d: %s" % (code, self.process.stderr.read())
        self.reader.join(LIMIT)
        ends = {}
        for line in self.lines:
            number, status, milliseconds, message = self._split(line)
            assert number not in ends, "call %d ended twice" % number
            assert milliseconds < (self.timeout + SLACK) * 1000, line
            assert status != "WRONG", "an answer reached another call: " + line
            ends[number] = (status, message)
        # Threads take numbers in turn: with one for each number up to the last, every call that was begun has ended.
        begun = range(self.first, self.first + (self.count if whole else len(ends)))
        assert set(ends) == set(begun), "calls that did not end: %r" % (set(begun) ^ set(ends))
        return ends

    @staticmethod
    def _split(line):
        number, status, milliseconds, message = re.match(r"(\d+) (.*?) (\d+) ?(.*)", line).groups()
        return int(number), status, int(milliseconds), message


class Crowd(Calls):
    """Many clients, each with connections of its own and one call at a time."""

    def __init__(self, made, urls, first=0, timeout=10, topic="fault"):
        self.size = len(urls)
        self.first, self.count, self.timeout = first, len(urls), timeout
        self._begin(made, ["crowd", topic, str(first), str(timeout), *urls], None)

    def again(self):
        """All of them call once more."""
        self.count += self.size
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def finish(self, whole=True):
        self.process.stdin.close()
        return super().finish(whole)


def count_runs(made, topic="fault", servers=("c1",), **options):
    """Number -> how often it ran, on all servers together."""
    ran = collections.Counter()
    for server in servers:
        ran.update(dict(made.call(topic, "runs", server=server, **options)))
    return ran


def check_runs(made, ends, topic="fault", servers=("c1",), again=0, **options):
    """At most once each, but for so many that may have run twice; what returned success ran."""
    good = {number for number, (status, _) in ends.items() if status == "OK"}
    await_true("all that was accepted ran", lambda: good <= set(count_runs(made, topic, servers, **options)))
    ran = count_runs(made, topic, servers, **options)
    twice = {number: times for number, times in ran.items() if number in ends and times > 1}
    assert len(twice) <= again and set(twice.values()) <= {2}, "ran more than once: %r" % twice
    return good, ran
