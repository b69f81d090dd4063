# SPDX-License-Identifier: Apache-2.0
"""The command in C as client, servers in Python."""

import json
import time

import interop_support as interop
from interop_support import Seen, deployment, test

VALUES = [0, -1, 2**63 - 2, -2**63 + 1, 2**53 + 1, 0.1, 1.0, 1e300, "", "h\u00e9 \u20ac \U0001f600",
          "\u0000\u007f\"\\/", None, True, [], {}, {"a": [1, {"b": [None, 2.5]}]}, "m" * 1000000]


class OwnError(Exception):
    pass


class Peer:
    target = interop.oslo_messaging and interop.oslo_messaging.Target(version="1.5")

    def __init__(self, seen=None, name="p"):
        self.seen, self.name = seen, name

    def echo(self, context, arg):
        return arg

    def kind(self, context, arg):
        return type(arg).__name__

    def context(self, context):
        return context

    def note(self, context, **args):
        self.seen.add((self.name, args))

    def fail(self, context, cls, message):
        raise {"ValueError": ValueError, "KeyError": KeyError, "OwnError": OwnError,
               "InvalidTarget": lambda text: interop.oslo_messaging.InvalidTarget(text, None)}[cls](message)

    def sleep(self, context, seconds):
        time.sleep(seconds)
        return seconds

    def _private(self, context):
        return "private"


class Spaced:
    target = interop.oslo_messaging and interop.oslo_messaging.Target(namespace="space", version="2.3")

    def version(self, context):
        return "spaced"


class Expected:
    if interop.oslo_messaging:
        @interop.oslo_messaging.expected_exceptions(ValueError)
        def refuse(self, context):
            raise ValueError("as expected")


@test
def calls_with_every_value():
    """every value comes back from Python as C sent it, and had its type there"""
    with deployment() as made, interop.PythonServer("values", [Peer()]):
        for value in VALUES:
            path = made.write("value.json", json.dumps(value))
            assert made.call("values", "echo", "arg:=@" + path) == value
            assert made.call("values", "kind", "arg:=@" + path) == type(value).__name__


@test
def limits_of_numbers():
    """NaN, infinities, the ends of 64-bit integers and of floats come back from Python as C sent them"""
    import os
    import subprocess
    with deployment() as made, interop.PythonServer("limits", [Peer()]):
        done = subprocess.run([os.path.join(interop.BUILD, "tests/interop/limits"), made.url, "limits"],
                              env=made.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=interop.LIMIT)
        assert done.returncode == 0, done
        lines = [line.split() for line in done.stdout.splitlines()]
        assert [line[1] for line in lines] == ["same"] * 10, lines
        assert [line[2] for line in lines] == ["float"] * 3 + ["int"] * 3 + ["float"] * 4, lines


@test
def contexts_namespaces_versions():
    """contexts, namespaces and versions"""
    with deployment() as made, interop.PythonServer("spaces", [Peer(), Spaced()]):
        got = made.call("spaces", "context", context="user=u\u00e9")
        assert got["user"] == "u\u00e9", got
        assert made.call("spaces", "version", namespace="space", api_version="2.2") == "spaced"
        for options in ({"namespace": "space", "api_version": "2.4"}, {"namespace": "none"}, {"api_version": "1.6"}):
            code, _, messages = made.try_call("spaces", "version", **options)
            assert code == 4 and "UnsupportedVersion" in messages, (code, messages)
        code, _, messages = made.try_call("spaces", "_private")
        assert code == 4 and "NoSuchMethod" in messages, (code, messages)


@test
def failures():
    """exceptions arrive with class, module, message and traceback"""
    with deployment() as made, interop.PythonServer("failures", [Peer(), Expected()]):
        for cls, words in (("ValueError", "ValueError"), ("KeyError", "KeyError"), ("OwnError", "OwnError"),
                           ("InvalidTarget", "InvalidTarget")):
            code, _, messages = made.try_call("failures", "fail", "cls=" + cls, "message=why \u00e9")
            assert code == 4 and words in messages and "why \u00e9" in messages, (code, messages)
        code, _, messages = made.try_call("failures", "refuse")
        assert code == 4 and "as expected" in messages, (code, messages)
        code, _, messages = made.try_call("failures", "echo", "wrong=1")
        assert code == 4 and "TypeError" in messages, (code, messages)


@test
def casts_fanout_and_named_servers():
    """casts, fanout casts and named servers"""
    seen = Seen()
    with deployment() as made, interop.PythonServer("many", [Peer(seen, "p1")], "p1"), \
            interop.PythonServer("many", [Peer(seen, "p2")], "p2"):
        for number in range(4):
            cast(made, "many", "note", "n:=%d" % number)
        assert sorted(args["n"] for _, args in seen.wait(4)) == [0, 1, 2, 3]
        assert {name for name, _ in seen.wait(4)} == {"p1", "p2"}
        cast(made, "many", "note", "n:=9", "--fanout")
        assert sorted(seen.wait(6)[4:]) == [("p1", {"n": 9}), ("p2", {"n": 9})]
        cast(made, "many", "note", "n:=10", "--server", "p2")
        assert seen.wait(7)[6:] == [("p2", {"n": 10})]


def cast(made, topic, method, *words):
    import os
    import subprocess
    done = subprocess.run([os.path.join(interop.BUILD, "ostler"), "cast", "--url", made.url, topic, method, *words],
                          env=made.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@test
def monitored_calls_and_timeouts():
    """a monitored call outlives its monitor timeout; one that takes too long times out and says what is known"""
    with deployment() as made, interop.PythonServer("slow", [Peer()]):
        assert made.call("slow", "sleep", "seconds:=3", call_monitor_timeout="2") == 3
        begun = time.monotonic()
        code, _, messages = made.try_call("slow", "sleep", "seconds:=3", timeout="1")
        assert code == 3 and 0.9 < time.monotonic() - begun < 30, (code, messages)
        assert "confirmed" in messages, messages


@test
def nobody_serves():
    """at least once: nobody serves the target"""
    with deployment() as made:
        import os
        import subprocess
        for command in ("call", "cast"):
            done = subprocess.run([os.path.join(interop.BUILD, "ostler"), command, "--url", made.url, "--at-least-once",
                                   "--timeout", "30", "nobody", "echo", "arg=1"], env=made.environment(),
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            assert done.returncode == 6, (command, done)


@test
def python_with_compression():
    """answers that Python compresses"""
    with deployment() as made:
        for codec in ("gzip", "bzip2"):
            with interop.PythonServer("packed", [Peer()], made=interop.transport(kombu_compression=codec)):
                assert made.call("packed", "echo", "arg=" + "z" * 5000) == "z" * 5000


if __name__ == "__main__":
    interop.main()
