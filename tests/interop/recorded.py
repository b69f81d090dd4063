# SPDX-License-Identifier: Apache-2.0
"""Messages of both sides, recorded from the broker and compared field by field."""

import json
import os
import subprocess
import threading

import interop_support as interop
from interop_support import BUILD, LIMIT, client, deployment, start_c, test

RANDOM = {"_msg_id", "_reply_q", "_unique_id"}


class Recorder:
    """Consumes a queue as a bystander."""

    def __init__(self, queue, exchange=None, kind="topic"):
        import kombu
        self.connection = kombu.Connection("amqp://guest:guest@%s//" % interop.brokers.nodes[0].address)
        self.channel = self.connection.channel()
        if exchange:
            where = kombu.Exchange(exchange, type=kind, durable=False, auto_delete=kind == "fanout")
            one = kombu.Queue(queue, where, routing_key=queue, durable=False)
        else:
            one = kombu.Queue(queue, durable=False, no_declare=True)
        self.queue = one(self.channel)
        if exchange:
            self.queue.declare()

    def take(self):
        """The next message: properties, envelope, message."""
        found = []

        def look():
            message = self.queue.get(no_ack=True)
            if message:
                found.append(message)
            return bool(found)
        interop.await_true("a message came", look)
        envelope = json.loads(found[0].body)
        return found[0], envelope, json.loads(envelope["oslo.message"])

    def close(self):
        self.connection.release()


def compare(one, other, what):
    """Two messages that differ in nothing but random ids."""
    (mine, my_envelope, my_message), (his, his_envelope, his_message) = one, other
    assert set(my_envelope) == set(his_envelope), what
    assert my_envelope["oslo.version"] == his_envelope["oslo.version"] == "2.0", what
    assert set(my_message) == set(his_message), (what, my_message, his_message)
    for name, value in his_message.items():
        if name in RANDOM:
            assert isinstance(my_message[name], str) and len(my_message[name]) == len(value), (what, name)
            assert my_message[name][-32:].strip("0123456789abcdef") == "", (what, name)
        else:
            assert my_message[name] == value and type(my_message[name]) is type(value), (what, name, my_message[name])
    assert mine.properties == his.properties, (what, mine.properties, his.properties)
    assert mine.content_type == his.content_type and mine.content_encoding == his.content_encoding, what
    assert mine.headers == his.headers, what
    for name in ("exchange", "routing_key"):
        assert mine.delivery_info[name] == his.delivery_info[name], what


def run_c(made, command, *words):
    return subprocess.Popen([os.path.join(BUILD, "ostler"), command, "--url", made.url, *words],
                            env=made.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


@test
def requests():
    """casts, fanout casts, calls and monitored calls"""
    arguments = {"x": 1, "f": 1.5, "s": "h\u00e9", "n": None, "l": [1, {"a": True}]}
    words = ["%s:=%s" % (name, json.dumps(value)) for name, value in arguments.items()]
    with deployment() as made:
        recorder, fanout = Recorder("rec", "openstack"), Recorder("rec_all", "rec_fanout", "fanout")
        for options, flags, target in (
                ({}, [], {}), ({"version": "1.3"}, ["--api-version", "1.3"], {}),
                ({"namespace": "ns", "version": "2.0"}, ["--namespace", "ns", "--api-version", "2.0"], {}),
                ({"fanout": True}, ["--fanout"], {})):
            source = fanout if "fanout" in options else recorder
            assert run_c(made, "cast", *flags, "--context", "user=u1", "rec", "log", *words).wait(LIMIT) == 0
            mine = source.take()
            client("rec", **target).prepare(**options).cast({"user": "u1"}, "log", **arguments)
            his = source.take()
            mine[2].setdefault("version", None)
            his[2].setdefault("version", None)
            if "version" not in options:
                # The command always names a version, as its manual says.
                his[2]["version"] = mine[2]["version"]
            compare(mine, his, "cast %r" % options)
        for monitor in (None, 4, 2.5):
            flags = ["--call-monitor-timeout", str(monitor)] if monitor else []
            calling = run_c(made, "call", "--timeout", "5", "--api-version", "1.0", *flags, "rec", "echo", *words)
            mine = recorder.take()
            one = client("rec", timeout=5, version="1.0", call_monitor_timeout=monitor)
            waiter = threading.Thread(target=lambda: swallow(one.call, {}, "echo", **arguments))
            waiter.start()
            his = recorder.take()
            assert 4000 <= int(mine[0].properties.pop("expiration")) <= 5000
            his[0].properties.pop("expiration")
            compare(mine, his, "call %r" % monitor)
            calling.communicate()
            waiter.join()
            one.transport.cleanup()
        recorder.close()
        fanout.close()


def swallow(function, *arguments, **options):
    try:
        function(*arguments, **options)
    except interop.oslo_messaging.MessagingTimeout:
        pass


class Endpoint:
    def echo(self, context, arg):
        return arg

    def fail(self, context, **ignored):
        raise ValueError("why")


@test
def answers():
    """results and failures"""
    import kombu
    with deployment() as made:
        host = start_c(made, "answer-c")
        with interop.PythonServer("answer-p", [Endpoint()]):
            connection = kombu.Connection("amqp://guest:guest@%s//" % interop.brokers.nodes[0].address)
            channel = connection.channel()
            kombu.Queue("answers", durable=False)(channel).declare()
            recorder = Recorder("answers")
            cases = (("echo", {"arg": {"k": [1, None, "\u00fc"]}}), ("echo", {"arg": None}),
                     ("fail", {"module": "builtins", "cls": "ValueError", "message": "why"}), ("nothing", {}))
            for method, args in cases:
                both = []
                for topic in ("answer-c", "answer-p"):
                    message = {"method": method, "args": args, "_msg_id": "m" * 32, "_reply_q": "answers",
                               "_timeout": None, "_unique_id": topic + method + str(len(str(args)))}
                    kombu.Producer(channel).publish(
                        {"oslo.version": "2.0", "oslo.message": json.dumps(message)}, exchange="openstack",
                        routing_key=topic, serializer="json")
                    both.append(recorder.take())
                for one in both:
                    failure = one[2]["failure"]
                    assert one[2].pop("_msg_id") == "m" * 32
                    if failure:
                        failure = json.loads(failure)
                        assert all(line.endswith("\n") for line in failure.pop("tb")), failure
                        one[2]["failure"] = json.dumps(failure, sort_keys=True)
                compare(*both, method)
            recorder.close()
            connection.release()
        host.stop()


if __name__ == "__main__":
    interop.main()
