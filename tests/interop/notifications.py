# SPDX-License-Identifier: Apache-2.0
"""Notifiers and listeners in Python and in C, on one broker."""

import json
import os
import re
import shutil
import subprocess
import sys

import interop_support as interop
from interop_support import Seen, deployment, oslo_messaging, test
from notes import Emitter, Listener

PRIORITIES = ("audit", "debug", "info", "warn", "error", "critical", "sample")
OSTLER = os.path.join(interop.BUILD, "ostler")
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


FILTERS = (
    {}, {"event_type": "wanted"}, {"event_type": "anted"}, {"event_type": ".*anted"}, {"event_type": "wanted$"},
    {"event_type": r"(?i)WANTED\.[a-z]+"}, {"event_type": "^(?!un)"}, {"publisher_id": r"p\.host\d"},
    {"publisher_id": "p.host1|other"}, {"context": {"user_id": "u\u00e9"}}, {"context": {"roles": ".*"}},
    {"context": {"user_id": ".", "project_id": "p"}}, {"metadata": {"message_id": "[0-9a-f]{8}-"}},
    {"metadata": {"timestamp": r"\d{4}-\d\d-\d\d "}}, {"metadata": {"message_id": "no"}}, {"payload": {"kind": "a"}},
    {"payload": {"kind": "a.b"}}, {"payload": {"kind": ".*", "n": ".*"}}, {"payload": {"n": "1"}}, {"payload": {"flag": "true"}},
    {"payload": {"nothing": ""}}, {"payload": {"inner": ".*"}}, {"payload": {"kind": "\\w\u00e9$"}}, {"payload": {"kind": r"\w{2}$"}},
    {"event_type": "w", "publisher_id": "p", "payload": {"kind": "a"}, "context": {"user_id": "u"},
     "metadata": {"timestamp": "2"}},
)
FILTERED = tuple(
    (publisher, event_type, context, payload)
    for publisher, event_type in (("p.host1", "wanted"), ("other", "unwanted"), ("p.hostx", "wanted.it"), ("p.host1", "wanted\nx"))
    for context, payload in (({"user_id": "u1", "roles": ["r"]}, {"kind": "a", "n": 1, "flag": True}),
                             ({"user_id": "u\u00e9", "project_id": "p1"}, {"kind": "a\nb", "n": "1"}),
                             ({"user_id": None}, {"kind": ["a"], "nothing": None}),
                             ({}, {"kind": "", "inner": {"kind": "a"}}),
                             ({"project_id": "p"}, {"kind": "z\u00e9"}), ({"user_id": "u"}, {})))


@test
def filters_alike():
    """a filter lets the same through in C as in Python, of what either side sends"""
    with deployment() as made:
        for number, criteria in enumerate(FILTERS):
            rule = oslo_messaging.NotificationFilter(**criteria)
            wanted = [event for event in FILTERED if rule.match(
                event[2], event[0], event[1],
                {"message_id": "01234567-89ab-4def-8123-456789abcdef", "timestamp": "2026-11-21 05:52:46.435342"}, event[3])]
            topic = "alike-%d" % number
            c_listener = Listener(made, made.url, topic, pool=topic + "-c", threads=1, **criteria)
            python_seen = Seen()
            with PythonListener([endpoint(python_seen, rule=rule)], [topic], pool=topic + "-p"):
                emitter = Emitter(made, made.url, "messagingv2", topic)
                senders = {name: notifier("messagingv2", topic, name) for name in {event[0] for event in FILTERED}}
                # What is let through comes last again: then all that was before has been looked at.
                for position, (publisher, event_type, context, payload) in enumerate(FILTERED + tuple(wanted[-1:])):
                    if position % 2:
                        emitter.emit("info", event_type, payload, context, publisher)
                    else:
                        senders[publisher].info(context, event_type, payload)
                expected = sorted(repr((one[0], one[1], one[3])) for one in wanted + wanted[-1:])
                for got in (c_listener.handled(len(expected)), python_seen.wait(len(expected))):
                    got = [repr((one["publisher_id"], one["event_type"], one["payload"])) for one in got]
                    assert sorted(got) == expected, (criteria, got, expected)
                emitter.finish()
                for sender in senders.values():
                    sender.transport.cleanup()
            c_listener.finish()


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
def batches_by_time():
    """batches that do not fill are handed over in time, sorted by priority, by either side"""
    class Batch:
        def __init__(self):
            self.seen = Seen()

        def info(self, messages):
            self.seen.add(("info", len(messages)))

        def error(self, messages):
            self.seen.add(("error", len(messages)))

    with deployment() as made:
        both = Batch()
        with PythonListener([both], ["time-c"], batch={"batch_size": 100, "batch_timeout": 2}):
            emitter = Emitter(made, made.url, "messagingv2", "time-c")
            for priority in ("info", "error", "info"):
                emitter.emit(priority, "e")
            interop.await_true("all three", lambda: sum(count for _, count in list(both.seen.items)) == 3)
            emitter.finish()
        listener = Listener(made, made.url, "time-p", batch_size=100, batch_timeout=1, threads=1)
        one = notifier("messagingv2", "time-p")
        for priority in ("info", "error", "info"):
            getattr(one, priority)({}, "e", {})
        got = listener.handled(3)
        assert sorted(line["method"] for line in got) == ["error", "info", "info"], got
        assert all(line["batch"] <= 2 for line in got), "a batch holds one priority"
        one.transport.cleanup()
        listener.finish()


@test
def batches_given_back():
    """a batch that either side gives back comes again whole"""
    answers = [oslo_messaging.NotificationResult.REQUEUE]

    class Batch:
        def __init__(self):
            self.seen = Seen()

        def info(self, messages):
            self.seen.add([one["payload"]["n"] for one in messages])
            return answers.pop() if answers else None

    with deployment() as made:
        back = Batch()
        with PythonListener([back], ["again-c"], batch={"batch_size": 4, "batch_timeout": 5}, allow_requeue=True):
            emitter = Emitter(made, made.url, "messagingv2", "again-c")
            for number in range(4):
                emitter.emit("info", "e", {"n": number})
            interop.await_true("all twice", lambda: sum(len(one) for one in list(back.seen.items)) == 8)
            assert sorted(sum(back.seen.items, [])) == [0, 0, 1, 1, 2, 2, 3, 3]
            emitter.finish()
        listener = Listener(made, made.url, "again-p", batch_size=4, batch_timeout=5, threads=1, requeue=1)
        one = notifier("messagingv2", "again-p")
        for number in range(4):
            one.info({}, "e", {"n": number})
        got = listener.handled(8)
        assert sorted(line["payload"]["n"] for line in got) == [0, 0, 1, 1, 2, 2, 3, 3], got
        assert sum(line["requeued"] for line in got) == 4
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


# --- Commands ---------------------------------------------------------------------------------------------------------


@test
def commands():
    """ostler notify to a listener in Python, a notifier in Python to ostler listen, every priority"""
    with deployment() as made:
        seen = Seen()
        with PythonListener([endpoint(seen)], ["command-c"]):
            for number, priority in enumerate(PRIORITIES):
                subprocess.run([OSTLER, "notify", "--url", made.url, "command-c", "event." + priority, "s=h\u00e9", "n:=7",
                                "--priority", priority, "--publisher-id", "c.host", "--context", "user_id=u1"],
                               env=made.environment(), check=True, timeout=interop.LIMIT)
                check(seen.wait(number + 1)[number], priority, {"s": "h\u00e9", "n": 7}, {"user_id": "u1"}, "c.host")
        listen = subprocess.Popen([OSTLER, "listen", "--url", made.url, "command-p", "--count", str(len(PRIORITIES))],
                                  env=made.environment(), stdout=subprocess.PIPE, text=True)
        made.processes.append(listen)
        one = notifier("messagingv2", "command-p")
        for priority in PRIORITIES:
            getattr(one, priority)(CONTEXT, "event." + priority, {"k": [1]})
        output = listen.communicate(timeout=interop.LIMIT)[0]
        got = [json.loads(line) for line in output.splitlines()]
        assert listen.returncode == 0 and sorted(line["priority"] for line in got) == sorted(PRIORITIES), got
        for line in got:
            check(dict(line, method=line["priority"]), line["priority"], {"k": [1]}, CONTEXT, "p.host")
        one.transport.cleanup()


@test
def command_of_oslo():
    """oslo-messaging-send-notification, which writes priorities small and payloads as texts, to C"""
    program = shutil.which("oslo-messaging-send-notification")
    if not program:
        raise interop.Skip("oslo-messaging-send-notification is not installed")
    with deployment() as made:
        listener = Listener(made, made.url, "command-o")
        for count, priority in enumerate(("audit", "info", "warn", "error", "critical", "sample"), 1):
            subprocess.run([sys.executable, program, "--config-file", made.write("none.conf", ""), "--transport-url", made.url,
                            "--publisher-id", "cli.host", "--event-type", "event." + priority, "--topic", "command-o",
                            "--priority", priority, '{"a": 1}'],
                           check=True, timeout=interop.LIMIT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            check(listener.handled(count)[-1], priority, '{"a": 1}', {}, "cli.host")
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
