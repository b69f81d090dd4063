# SPDX-License-Identifier: Apache-2.0
"""Notifiers and listeners in Python and in C, on one broker."""

import json
import re

import interop_support as interop
from interop_support import Seen, deployment, oslo_messaging, test
from notes import Emitter, Listener

PRIORITIES = ("audit", "debug", "info", "warn", "error", "critical", "sample")
DRIVERS = ("messaging", "messagingv2")
PAYLOADS = ({"k": [1, None, "h\u00e9 \U0001f600"], "n": 2**53 + 1, "f": 0.5}, None, [1, "two"], "text", 7, {})
CONTEXT = {"user_id": "u\u00e9", "roles": ["admin", "reader"], "is_admin": True}


def notification_transport():
    from oslo_config import cfg
    from oslo_messaging._metrics import client as metrics
    conf = cfg.ConfigOpts()
    conf([], project="interop")
    conf.register_opts(metrics.oslo_messaging_metrics, group="oslo_messaging_metrics")
    return oslo_messaging.get_notification_transport(conf, url=interop.brokers.url)


def notifier(driver, topic, publisher="p.host"):
    return oslo_messaging.Notifier(notification_transport(), publisher_id=publisher, driver=driver, topics=[topic])


def endpoint(seen, answers=(), rule=None):
    """An endpoint of oslo.messaging with every method; the first calls are answered with `answers`."""
    left = list(answers)

    class Endpoint:
        filter_rule = rule

    def make(priority):
        def method(self, ctxt, publisher_id, event_type, payload, metadata):
            answer = left.pop(0) if left else None
            seen.add({"method": priority, "context": ctxt, "publisher_id": publisher_id, "event_type": event_type,
                      "payload": payload, "message_id": metadata["message_id"], "timestamp": metadata["timestamp"],
                      "answer": answer})
            return answer
        return method
    for priority in PRIORITIES:
        setattr(Endpoint, priority, make(priority))
    return Endpoint()


class PythonListener:
    def __init__(self, endpoints, topics, batch=None, **options):
        self.transport = notification_transport()
        targets = [oslo_messaging.Target(topic=topic) for topic in topics]
        if batch:
            self.listener = oslo_messaging.get_batch_notification_listener(
                self.transport, targets, endpoints, executor="threading", **batch, **options)
        else:
            self.listener = oslo_messaging.get_notification_listener(
                self.transport, targets, endpoints, executor="threading", **options)

    def __enter__(self):
        self.listener.start()
        return self

    def __exit__(self, *_):
        self.listener.stop()
        self.listener.wait()
        self.transport.cleanup()


def check(got, priority, payload, context, publisher):
    assert got["method"] == priority, got
    assert got["event_type"] == "event." + priority, got
    assert got["publisher_id"] == publisher, got
    assert got["payload"] == payload and type(got["payload"]) is type(payload), got
    for name, value in context.items():
        assert got["context"][name] == value, got
    assert set(got["context"]) - set(context) <= {"client_timeout"}, got
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", got["message_id"]), got
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?", got["timestamp"]), got


@test
def c_to_python():
    """every priority, both versions, from C to Python"""
    with deployment() as made:
        for driver in DRIVERS:
            topic = "c-" + driver
            seen = Seen()
            with PythonListener([endpoint(seen)], [topic]):
                emitter = Emitter(made, made.url, driver, topic)
                for number, priority in enumerate(PRIORITIES):
                    for payload in PAYLOADS:
                        before = len(seen.items)
                        emitter.emit(priority, "event." + priority, payload, CONTEXT)
                        check(seen.wait(before + 1)[before], priority, payload, CONTEXT, "c.host")
                emitter.finish()


@test
def python_to_c():
    """every priority, both versions, from Python to C"""
    with deployment() as made:
        for driver in DRIVERS:
            topic = "p-" + driver
            listener = Listener(made, made.url, topic)
            one = notifier(driver, topic)
            count = 0
            for priority in PRIORITIES:
                for payload in PAYLOADS:
                    getattr(one, priority)(CONTEXT, "event." + priority, payload)
                    count += 1
                    check(listener.handled(count)[-1], priority, payload, CONTEXT, "p.host")
            one.transport.cleanup()
            listener.finish()


@test
def several_topics_and_versions():
    """several topics in one listener, both versions on one queue, either way"""
    with deployment() as made:
        listener = Listener(made, made.url, "t1", "t2")
        for driver in DRIVERS:
            one = oslo_messaging.Notifier(notification_transport(), publisher_id="p", driver=driver, topics=["t1", "t2"])
            one.info({}, driver, {})
            one.transport.cleanup()
        assert sorted(got["event_type"] for got in listener.handled(4)) == sorted(DRIVERS * 2)
        listener.finish()
        seen = Seen()
        with PythonListener([endpoint(seen)], ["t3", "t4"]):
            for driver in DRIVERS:
                emitter = Emitter(made, made.url, driver, "t3", "t4")
                emitter.emit("info", driver)
                emitter.finish()
            assert sorted(got["event_type"] for got in seen.wait(4)) == sorted(DRIVERS * 2)


@test
def kept_for_listeners():
    """what is emitted before anybody listens is kept by the queue that the sender made, either way"""
    with deployment() as made:
        emitter = Emitter(made, made.url, "messagingv2", "kept-c")
        emitter.emit("info", "early")
        emitter.finish()
        seen = Seen()
        with PythonListener([endpoint(seen)], ["kept-c"]):
            assert seen.wait()[0]["event_type"] == "early"
        one = notifier("messagingv2", "kept-p")
        one.info({}, "early", {})
        one.transport.cleanup()
        listener = Listener(made, made.url, "kept-p")
        assert listener.handled(1)[0]["event_type"] == "early"
        listener.finish()


@test
def pools():
    """pools of Python and of C, shared and apart"""
    count = 30
    with deployment() as made:
        mixed, own, plain = Seen(), Seen(), Seen()
        shared = Listener(made, made.url, "pools", pool="mixed")
        apart = Listener(made, made.url, "pools", pool="only-c")
        with PythonListener([endpoint(mixed)], ["pools"], pool="mixed"), \
                PythonListener([endpoint(own)], ["pools"], pool="only-p"), PythonListener([endpoint(plain)], ["pools"]):
            emitter = Emitter(made, made.url, "messagingv2", "pools")
            one = notifier("messagingv2", "pools")
            for number in range(count):
                emitter.emit("info", "c%d" % number)
                one.info({}, "p%d" % number, {})
            wanted = {"%s%d" % (side, number) for side in "cp" for number in range(count)}
            for seen in (own, plain):
                assert {got["event_type"] for got in seen.wait(2 * count)} == wanted
            assert {got["event_type"] for got in apart.handled(2 * count)} == wanted

            def both():
                return [got["event_type"] for got in mixed.items] + \
                    [json.loads(line)["event_type"] for line in shared.lines[1:]]
            interop.await_true("the shared pool got everything", lambda: len(both()) >= 2 * count)
            assert sorted(both()) == sorted(wanted), "a pool gets each one once"
            assert mixed.items and len(shared.lines) > 1, "nobody in a pool goes without"
            one.transport.cleanup()
            emitter.finish()
        shared.finish()
        apart.finish()


@test
def filters():
    """filters of Python on what C sends, and of C on what Python sends"""
    with deployment() as made:
        seen = Seen()
        rule = oslo_messaging.NotificationFilter(publisher_id=r"^c\.", event_type="wanted", context={"user_id": "u"},
                                                 payload={"kind": "a"})
        with PythonListener([endpoint(seen, rule=rule)], ["filter-c"]):
            emitter = Emitter(made, made.url, "messagingv2", "filter-c")
            emitter.emit("info", "unwanted", {"kind": "a"}, {"user_id": "u1"})
            emitter.emit("info", "wanted", {"kind": "b"}, {"user_id": "u1"})
            emitter.emit("info", "wanted", {"kind": "a"}, {"user_id": "x"})
            emitter.emit("info", "wanted.it", {"kind": "abc"}, {"user_id": "u2"})
            assert [got["event_type"] for got in seen.wait()] == ["wanted.it"]
            emitter.finish()
        listener = Listener(made, made.url, "filter-p", event_type=r"wanted\.", publisher_id="p")
        one = notifier("messagingv2", "filter-p")
        for event_type in ("unwanted.x", "wanted", "wanted.x"):
            one.info({}, event_type, {})
        assert [got["event_type"] for got in listener.handled(1)] == ["wanted.x"]
        one.transport.cleanup()
        listener.finish()


@test
def batches():
    """batches of either side"""
    class Batch:
        def __init__(self):
            self.seen = Seen()

        def info(self, messages):
            self.seen.add(messages)

    with deployment() as made:
        both = Batch()
        with PythonListener([both], ["batch-c"], batch={"batch_size": 5, "batch_timeout": 30}):
            emitter = Emitter(made, made.url, "messagingv2", "batch-c")
            for number in range(10):
                emitter.emit("info", "e%d" % number, {"n": number})
            assert [len(messages) for messages in both.seen.wait(2)] == [5, 5]
            assert [one["payload"]["n"] for messages in both.seen.items for one in messages] == list(range(10))
            emitter.finish()
        listener = Listener(made, made.url, "batch-p", batch_size=5, threads=1)
        one = notifier("messagingv2", "batch-p")
        for number in range(10):
            one.info({}, "e", {"n": number})
        got = listener.handled(10)
        assert [line["batch"] for line in got] == [5] * 10
        assert [line["payload"]["n"] for line in got] == list(range(10))
        one.transport.cleanup()
        listener.finish()


@test
def requeue():
    """what either side gives back comes again"""
    with deployment() as made:
        seen = Seen()
        back = oslo_messaging.NotificationResult.REQUEUE
        with PythonListener([endpoint(seen, answers=[back, back])], ["back-c"], allow_requeue=True):
            emitter = Emitter(made, made.url, "messagingv2", "back-c")
            emitter.emit("info", "again", {"n": 1})
            got = seen.wait(3)
            assert len({one["message_id"] for one in got}) == 1, got
            emitter.finish()
        listener = Listener(made, made.url, "back-p", requeue=2, threads=1)
        one = notifier("messagingv2", "back-p")
        one.info({}, "again", {"n": 1})
        got = listener.handled(3)
        assert [line["requeued"] for line in got] == [True, True, False]
        assert len({line["message_id"] for line in got}) == 1, got
        one.info({}, "next", {})
        assert listener.handled(4)[-1]["event_type"] == "next"
        one.transport.cleanup()
        listener.finish()
        # Given back by C, handled by Python: of one queue.
        listener = Listener(made, made.url, "back-both", requeue=1000, threads=1)
        one = notifier("messagingv2", "back-both")
        one.info({}, "handed on", {})
        assert listener.handled(1)[0]["requeued"]
        seen = Seen()
        with PythonListener([endpoint(seen)], ["back-both"]):
            listener.kill()
            assert seen.wait()[0]["event_type"] == "handed on"
        one.transport.cleanup()


@test
def broken_messages():
    """what cannot be read is dropped, once, and what follows is handled"""
    import kombu
    with deployment() as made:
        listener = Listener(made, made.url, "broken")
        with kombu.Connection("amqp://guest:guest@%s//" % interop.brokers.nodes[0].address) as connection:
            producer = kombu.Producer(connection.channel())
            good = json.dumps({"priority": "INFO", "event_type": "last", "payload": {}})
            for body in ("{", "[1]", '{"oslo.version": "3.0", "oslo.message": "{}"}',
                         '{"oslo.version": "2.0", "oslo.message": "no json"}', "{}", '{"priority": "odd"}',
                         '{"priority": null}', '{"priority": "INFO"}', good):
                producer.publish(body, exchange="openstack", routing_key="broken.info",
                                 content_type="application/json", content_encoding="utf-8")
        got = listener.handled(2)
        assert [line["event_type"] for line in got] == [None, "last"], got
        interop.await_true("the queue is empty", lambda: interop.brokers.nodes[0].ctl(
            "list_queues", "name", "messages").find("broken.info\t0") >= 0)
        listener.finish()


# --- Recorded ---------------------------------------------------------------------------------------------------------


def record(queue, count):
    """So many messages as they lie in a queue."""
    import kombu
    found = []
    with kombu.Connection("amqp://guest:guest@%s//" % interop.brokers.nodes[0].address) as connection:
        one = kombu.Queue(queue, durable=False, no_declare=True)(connection.channel())

        def look():
            message = one.get(no_ack=True)
            if message:
                found.append(message)
            return len(found) >= count
        interop.await_true("messages of " + queue, look)
    return found


def compare_bodies(mine, his):
    assert list(mine) == list(his), "the order of members, too"
    for name, value in his.items():
        if name in ("message_id", "_unique_id"):
            assert len(mine[name]) == len(value), name
        elif name == "timestamp":
            assert re.sub(r"\d", "0", mine[name].split(".")[0]) == re.sub(r"\d", "0", value.split(".")[0])
        else:
            assert mine[name] == value and type(mine[name]) is type(value), (name, mine[name], value)


@test
def recorded():
    """messages of both sides differ in nothing but ids and times, byte by byte where they can"""
    with deployment() as made:
        for driver in DRIVERS:
            for priority in PRIORITIES:
                payload = {"k": [1, None, 1.5, True], "s": "h\u00e9 \U0001f600"}
                context = {"user_id": "u1", "roles": ["r"]}
                emitter = Emitter(made, made.url, driver, "rec")
                emitter.emit(priority, "event", payload, context, "same.host")
                emitter.finish()
                one = notifier(driver, "rec", "same.host")
                getattr(one, priority)(context, "event", payload)
                mine, his = record("rec." + priority, 2)
                assert mine.properties == his.properties, (mine.properties, his.properties)
                assert mine.content_type == his.content_type and mine.content_encoding == his.content_encoding
                assert mine.headers == his.headers
                for name in ("exchange", "routing_key"):
                    assert mine.delivery_info[name] == his.delivery_info[name]
                my_body, his_body = json.loads(mine.body), json.loads(his.body)
                if driver == "messagingv2":
                    assert list(my_body) == list(his_body) == ["oslo.version", "oslo.message"]
                    assert my_body["oslo.version"] == his_body["oslo.version"] == "2.0"
                    my_body, his_body = json.loads(my_body["oslo.message"]), json.loads(his_body["oslo.message"])
                compare_bodies(my_body, his_body)
                one.transport.cleanup()


@test
def topology():
    """both sides declare the same exchanges, queues and bindings"""
    node = interop.brokers.nodes[0]

    def look(topic, pool):
        queues = node.ctl("list_queues", "name", "durable", "auto_delete", "exclusive", "arguments")
        bindings = node.ctl("list_bindings", "source_name", "destination_name", "routing_key", "arguments")
        lines = [line for line in (queues + bindings).splitlines() if topic in line or pool in line]
        return sorted(line.replace(topic, "TOPIC").replace(pool, "POOL") for line in lines)

    with deployment() as made:
        plain, pooled = Listener(made, made.url, "top-c"), Listener(made, made.url, "top-c", pool="swimmers-c")
        ours = look("top-c", "swimmers-c")
        plain.finish()
        pooled.finish()
        with PythonListener([endpoint(Seen())], ["top-p"]), PythonListener([endpoint(Seen())], ["top-p"],
                                                                           pool="swimmers-p"):
            theirs = look("top-p", "swimmers-p")
        assert ours == theirs and len(ours) >= 22, (ours, theirs)
        emitter = Emitter(made, made.url, "messaging", "sent-c")
        emitter.emit("info", "e")
        emitter.finish()
        one = notifier("messaging", "sent-p")
        one.info({}, "e", {})
        one.transport.cleanup()
        ours, theirs = look("sent-c", "no such"), look("sent-p", "no such")
        assert ours == theirs and len(ours) == 3, (ours, theirs)


if __name__ == "__main__":
    interop.main()
