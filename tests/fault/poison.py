# SPDX-License-Identifier: Apache-2.0
"""Messages that no client of oslo.messaging sends: each is logged once with its queue and what is wrong, is
acknowledged, and the next one is served."""

import json
import re

import fault_support as fault
from fault_support import Deployment, await_true, broker, start_server, test

try:
    import kombu
except ImportError:
    kombu = None

MEGABYTE = 1 << 20
# With everything that the largest message may need at once: its bytes twice, and what it is parsed into.
MOST_GROWTH = 400 * MEGABYTE


class Sender:
    """Publishes bytes."""

    def __init__(self, node):
        self.connection = kombu.Connection("amqp://guest:guest@%s//" % node.address)
        self.channel = self.connection.channel()

    def send(self, key, body, exchange="", **properties):
        properties.setdefault("content_type", "application/json")
        message = self.channel.prepare_message(body, content_encoding="utf-8", **properties)
        self.channel.basic_publish(message, exchange=exchange, routing_key=key)

    def answers(self):
        """A queue for answers, and a way to take one."""
        queue = kombu.Queue("answers", durable=False)(self.channel)
        queue.declare()

        def take():
            found = []
            await_true("an answer came", lambda: found.append(queue.get(no_ack=True)) or found[-1])
            return json.loads(json.loads(found[-1].body)["oslo.message"])
        return take

    def close(self):
        self.connection.release()


def envelope(message, version="2.0"):
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps({"oslo.version": version, "oslo.message": text}).encode()


def request(**fields):
    return envelope(dict({"method": "echo", "args": {"arg": 1}, "_unique_id": "u%d" % next(counter)}, **fields))


def count():
    number = 0
    while True:
        yield number
        number += 1


counter = count()

# What is sent, and what the log says of it.
BROKEN = (
    ("garbage", b"\x00\xff not json", "body"),
    ("half of it", b'{"oslo.version": "2.0", "oslo.mess', "body"),
    ("more than one value", b'{} {}', "body"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "body"),
    ("a list", b"[1]", "an object was expected, not array"),
    ("a number", b"17", "an object was expected, not int"),
    ("an unknown version", envelope({}, "3.0"), "envelope version \"3.0\" is not supported"),
    ("a newer version", envelope({}, "2.1"), "envelope version \"2.1\" is not supported"),
    ("a number as version", envelope({}, 2), "envelope version 2 is not supported"),
    ("an object inside", json.dumps({"oslo.version": "2.0", "oslo.message": {}}).encode(), "a string was expected"),
    ("garbage inside", envelope("no json"), "oslo.message"),
    ("a list inside", envelope("[]"), "an object was expected, not array"),
    ("invalid UTF-8", b'{"method": "echo", "args": {"arg": "\xc3\x28"}}', "holds text that is no UTF-8"),
    ("too deep", b"[" * 100000, "body"),
    ("too deep inside", envelope('{"method": "echo", "args": {"arg": %s}}' % ("[" * 5000 + "]" * 5000)), "oslo.message"),
    ("an empty body", b"", "without the name of a method"),
    ("no method", envelope({"args": {}}), "without the name of a method"),
    ("a number as method", envelope({"method": 5, "args": {}}), "without the name of a method"),
    ("a list as arguments", request(args=[1]), "the arguments of echo are no object"),
    ("no arguments", request(args=None), "the arguments of echo are no object"),
    ("no text as version", request(version=7), "does not support RPC version 7"),
    ("an unknown namespace", request(namespace=["x"]), "does not support RPC"),
    ("64 MB of garbage", b"x" * (64 * MEGABYTE), "body"),
    ("more than is allowed", b"[" + b"1" * (70 * MEGABYTE) + b"]", "larger than max_message_size"),
)


@test
def dropped():
    """what cannot be read is logged once and acknowledged, and the next request is served"""
    with Deployment() as made:
        made.url = brokers.url
        host = start_server(made, "poison")
        sender = Sender(brokers.nodes[0])
        made.call("poison", "echo", "arg=1")
        before = resident(host)
        for name, body, words in BROKEN:
            mark = host.mark()
            sender.send("poison", body)
            host.wait_log(re.escape(words), mark)
            assert made.call("poison", "echo", "arg=after") == "after", name
            said = [line for line in host.lines[mark:] if re.search("WARNING|ERROR", line)]
            assert len(said) == 1 and "poison" in said[0] and len(said[0]) < 1000, (name, said)
        # A content type that is no JSON, and a fanout cast.
        for key, exchange, properties, words in (("poison", "", {"content_type": "text/plain"}, "text/plain"),
                                                 ("", "poison_fanout", {}, "fanout")):
            mark = host.mark()
            sender.send(key, b"[", exchange, **properties)
            host.wait_log("message was dropped: .*" + words, mark)
        assert resident(host) - before < MOST_GROWTH and peak(host) - before < MOST_GROWTH, (before, resident(host))
        await_true("nothing is left", lambda: left("poison") == ["0", "0"])
        sender.close()
        host.stop()


def resident(host, name="VmRSS"):
    with open("/proc/%d/status" % host.process.pid, encoding="ascii") as file:
        return int(re.search(name + r":\s+(\d+) kB", file.read()).group(1)) * 1024


def peak(host):
    return resident(host, "VmHWM")


def left(queue):
    """Messages of a queue, and how many of them are not acknowledged."""
    for line in brokers.nodes[0].ctl("list_queues", "name", "messages", "messages_unacknowledged").splitlines():
        if line.split("\t")[0] == queue:
            return line.split("\t")[1:]
    return None


@test
def answered():
    """a request that can be answered is answered, whatever its fields are"""
    with Deployment() as made:
        made.url = brokers.url
        host = start_server(made, "odd", options="kombu_missing_consumer_retry_timeout = 1")
        sender = Sender(brokers.nodes[0])
        take = sender.answers()
        huge = int("9" * 4000)
        for fields, result in (({}, 1), ({"args": {"arg": huge}}, huge), ({"args": {"arg": [-huge, {"x": huge}]}},
                               [-huge, {"x": huge}]), ({"args": {"arg": "\ud83d\ude00"}}, "\U0001f600"),
                               ({"_timeout": "soon"}, 1), ({"_timeout": []}, 1), ({"_context_": None}, 1),
                               ({"_unique_id": 5}, 1), ({"unknown": {"a": "b"}}, 1)):
            sender.send("odd", request(_msg_id="m1", _reply_q="answers", **fields))
            answer = take()
            assert answer["result"] == result and not answer["failure"], (fields, answer)
        for msg_id in (7, ["x"], {"a": 1}, True):
            sender.send("odd", request(_msg_id=msg_id, _reply_q="answers"))
            assert take()["_msg_id"] == msg_id
        for fields, words in (({"args": 5}, "no object"), ({"method": None}, "method"), ({"method": "nothing"}, "nothing"),
                              ({"version": None}, "RPC version"), ({"version": "x"}, "version"),
                              ({"args": {"wrong": 1}}, "wrong")):
            sender.send("odd", request(_msg_id="m2", _reply_q="answers", **fields))
            fault.has_in(take()["failure"], words)
        for fields in ({"_reply_q": 5}, {}, {"_reply_q": "nowhere"}, {"_reply_q": "q" * 300}, {"_reply_q": ""}):
            sender.send("odd", request(_msg_id="m3", **fields))
            assert made.call("odd", "echo", "arg=after") == "after", fields
        host.wait_log("reply queue nowhere is gone")
        sender.close()
        host.stop()


if __name__ == "__main__":
    if broker.missing() or not kombu:
        print("1..0 # SKIP " + (broker.missing() or "python3-kombu is not installed"))
    else:
        with broker.Brokers() as brokers:
            fault.main()
