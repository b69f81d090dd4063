# SPDX-License-Identifier: Apache-2.0
"""Clients in Python, servers in C."""

import json

import interop_support as interop
from interop_support import await_true, client, deployment, start_c, test, transport

VALUES = [0, 1, -1, 2**31, 2**53 + 1, 2**63 - 1, -2**63, 2**64 - 1, 2**64, -2**80, 2**200, 0.1, 1.0, 1e300, -0.0, "", "x",
          "h\u00e9 \u20ac \U0001f600", "\u0000\u007f\"\\/", None, True, False, [], {}, [[]], {"": None},
          {"a": [1, {"b": [None, 2.5, "\u00fc"]}]}, [[[[[[[[[[1]]]]]]]]]], "m" * 1000000]


def raises(kinds, function, *arguments, **options):
    try:
        function(*arguments, **options)
    except kinds as error:
        return error
    raise AssertionError("nothing was raised")


@test
def calls_with_every_value():
    """every value comes back from C as Python sent it"""
    with deployment() as made:
        host = start_c(made, "values")
        one = client("values")
        for value in VALUES:
            got = one.call({}, "echo", arg=value)
            assert got == value and type(got) is type(value), (value, got)
        for text in ("inf", "-inf", "nan"):
            assert repr(one.call({}, "echo", arg=float(text))) == text
        one.transport.cleanup()
        host.stop()


@test
def contexts_namespaces_versions():
    """contexts, namespaces and versions"""
    with deployment() as made:
        host = start_c(made, "spaces")
        one = client("spaces")
        context = {"user": "u\u00e9", "roles": ["a", None], "nested": {"x": 1}}
        got = one.call(context, "context")
        assert {name: got[name] for name in context} == context, got
        spaced = one.prepare(namespace="space", version="2.1")
        assert spaced.call({}, "version") == "2.1"
        for target in ({"namespace": "space", "version": "2.4"}, {"namespace": "space", "version": "3.0"},
                       {"namespace": "nowhere", "version": "2.0"}, {"version": "1.9"}):
            error = raises(interop.oslo_messaging.RemoteError, one.prepare(**target).call, {}, "version")
            assert error.exc_type == "UnsupportedVersion", error
        error = raises(interop.oslo_messaging.RemoteError, one.call, {}, "nothing")
        assert error.exc_type == "NoSuchMethod", error
        one.transport.cleanup()
        host.stop()


@test
def failures():
    """failures are raised as the classes they name"""
    with deployment() as made:
        host = start_c(made, "failures")
        one = client("failures", transport(exmods=["oslo_messaging.rpc.dispatcher", "oslo_messaging.exceptions"]))
        for cls in (ValueError, KeyError, ZeroDivisionError, TypeError):
            error = raises(cls, one.call, {}, "fail", module="builtins", cls=cls.__name__, message="what \u00e9")
            assert "what \u00e9" in str(error), error
        error = raises(interop.oslo_messaging.InvalidTarget, one.call, {}, "raise_it",
                       module="oslo_messaging.exceptions", cls="InvalidTarget", message="m", args=["m", None])
        assert "m" in str(error)
        error = raises(interop.oslo_messaging.RemoteError, one.call, {}, "fail", module="acme.errors", cls="Odd",
                       message="why")
        assert (error.exc_type, error.value) == ("Odd", "why"), error
        error = raises(interop.oslo_messaging.NoSuchMethod, one.call, {}, "nothing")
        raises(TypeError, one.call, {}, "where", wrong=1)
        one.call({}, "echo", arg=1)
        one.transport.cleanup()
        host.stop()


@test
def expected_failures():
    """an expected failure is no error in the server's log, another is"""
    with deployment() as made:
        host = start_c(made, "expected")
        one = client("expected")
        raises(ValueError, one.call, {}, "raise_it", module="builtins", cls="ValueError", message="loud-one")
        host.wait_log("ERROR.*loud-one")
        raises(ValueError, one.call, {}, "raise_it", module="builtins", cls="ValueError", message="quiet-one",
               expected=True)
        one.transport.cleanup()
        host.stop()
        assert not any("ERROR" in line and "quiet-one" in line for line in host.lines if line), host.log()


@test
def casts_and_fanout():
    """casts run once, fanout casts once on each server, named servers are told apart"""
    with deployment() as made:
        hosts = [start_c(made, "many", "s%d" % number) for number in range(3)]
        one = client("many")
        for number in range(30):
            one.cast({}, "run", number=number)
        one.prepare(fanout=True).cast({}, "run", number=1000)

        def ran():
            return [dict(one.prepare(server="s%d" % number).call({}, "runs")) for number in range(3)]
        await_true("all casts ran", lambda: sum(len(each) for each in ran()) >= 33)
        each = ran()
        assert all(one_server[1000] == 1 for one_server in each), each
        assert sorted(n for one_server in each for n in one_server if n < 30) == list(range(30)), each
        assert all(len(one_server) > 5 for one_server in each), "not in turn: %r" % each
        for number in range(3):
            assert one.prepare(server="s%d" % number).call({}, "where") == "s%d" % number
        one.transport.cleanup()
        for host in hosts:
            host.stop()


class Where:
    def __init__(self, name):
        self.name = name

    def where(self, context):
        return self.name


@test
def mixed_servers():
    """servers in C and in Python share a topic in turn"""
    with deployment() as made:
        host = start_c(made, "mixed", "c1")
        with interop.PythonServer("mixed", [Where("p1")]):
            one = client("mixed")
            answers = [one.call({}, "where") for _ in range(40)]
            assert answers.count("c1") == 20 and answers.count("p1") == 20, answers
            host.stop()
            assert {one.call({}, "where") for _ in range(10)} == {"p1"}
            one.transport.cleanup()


@test
def access_policies():
    """what a policy forbids does not exist for a caller"""
    allowed = {"default": {"not_exposed", "where"}, "legacy": {"not_exposed", "_private", "where"},
               "explicit": {"_private", "where"}}
    with deployment() as made:
        for policy, names in allowed.items():
            host = start_c(made, "policy-" + policy, more="access_policy = " + policy)
            one = client("policy-" + policy)
            for name in ("not_exposed", "_private", "where"):
                if name in names:
                    one.call({}, name)
                else:
                    error = raises(interop.oslo_messaging.RemoteError, one.call, {}, name)
                    assert error.exc_type == "NoSuchMethod", error
            one.transport.cleanup()
            host.stop()


@test
def monitored_calls():
    """a monitored call outlives its monitor timeout while the server works, and no heartbeat follows its answer"""
    with deployment() as made:
        host = start_c(made, "monitored")
        one = client("monitored", call_monitor_timeout=2)
        assert one.call({}, "run", number=5, seconds=3.5) == 5
        assert one.call({}, "echo", arg="after") == "after"
        one.transport.cleanup()
        host.stop()


@test
def timeouts():
    """a call that takes too long times out, and its late answer reaches nobody"""
    with deployment() as made:
        host = start_c(made, "slow")
        one = client("slow")
        raises(interop.oslo_messaging.MessagingTimeout, one.prepare(timeout=1).call, {}, "run", number=1, seconds=2)
        for number in range(20):
            assert one.call({}, "run", number=100 + number) == 100 + number
        one.transport.cleanup()
        host.stop()


@test
def compression_and_serializers():
    """compressed requests and serializers"""
    with deployment() as made:
        host = start_c(made, "packed")
        for codec in ("gzip", "bzip2"):
            one = client("packed", transport(kombu_compression=codec))
            assert one.call({}, "echo", arg="z" * 5000) == "z" * 5000
            one.transport.cleanup()
        one = client("packed", serializer=interop.oslo_messaging.JsonPayloadSerializer())
        assert one.call({"user": "u"}, "echo", arg={"set": [1, 2], "n": None}) == {"set": [1, 2], "n": None}
        one.transport.cleanup()
        host.stop()
        packing = start_c(made, "packing", default="[oslo_messaging_rabbit]\nkombu_compression = gzip")
        one = client("packing")
        assert one.call({}, "echo", arg="z" * 5000) == "z" * 5000
        one.transport.cleanup()
        packing.stop()


@test
def options_without_effect():
    """options of oslo.messaging that mean nothing here are accepted, each with one line, and fanout casts arrive"""
    with deployment() as made:
        names = ("rabbit_stream_fanout", "use_queue_manager", "rabbit_ha_queues", "heartbeat_in_pthread")
        host = start_c(made, "accepted", default="[oslo_messaging_rabbit]\n" + "".join(
            "%s = true\n" % name for name in names))
        one = client("accepted")
        one.prepare(fanout=True).cast({}, "run", number=1)
        await_true("it ran", lambda: dict(one.call({}, "runs")).get(1) == 1)
        for name in names:
            assert len([line for line in host.lines if line and "WARNING" in line and name in line]) == 1, host.log()
        one.transport.cleanup()
        host.stop()


@test
def ping_of_the_server():
    """oslo_rpc_server_ping answers when it is switched on"""
    with deployment() as made:
        host = start_c(made, "pinged", default="rpc_ping_enabled = true")
        one = client("pinged")
        assert one.call({}, "oslo_rpc_server_ping") == "pong"
        one.transport.cleanup()
        host.stop()


@test
def reports():
    """describe and stats of a server in C"""
    with deployment() as made:
        host = start_c(made, "control")
        one = client("control", namespace="control", version="2.0")
        assert one.call({}, "ping") is not False
        assert "echo" in json.dumps(one.call({}, "describe"))
        one.transport.cleanup()
        host.stop()


if __name__ == "__main__":
    interop.main()
