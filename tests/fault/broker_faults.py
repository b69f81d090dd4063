# SPDX-License-Identifier: Apache-2.0
"""A broker that dies, hangs, refuses and comes back; calls keep their guarantees, every single one."""

import json
import signal
import time

import fault_support as fault
from fault_support import Calls, Deployment, await_true, broker, check_runs, count_runs, start_server, test

PROMPT = "heartbeat_timeout_threshold = 2\nrabbit_retry_interval = 1\nrabbit_retry_backoff = 1\nrabbit_interval_max = 2"
QUERY = "?heartbeat_timeout_threshold=2&rabbit_interval_max=2"


def deployment(brokers):
    made = Deployment()
    made.url = brokers.url
    return made


@test
def killed_and_back():
    """the broker is killed with calls and casts under way and comes back; so do the server and the client"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        host = start_server(made, options=PROMPT)
        calls = Calls(made, brokers.url + QUERY, 3000, timeout=15)
        casts = Calls(made, brokers.url + QUERY, 3000, timeout=15, kind="cast", first=10000, threads=4)
        unwaited = Calls(made, brokers.url + QUERY, 3000, timeout=15, kind="async", first=20000, threads=1, pause=0.001)
        calls.await_ends(500)
        brokers.nodes[0].kill()
        host.wait_log("connection for serving fault lost")
        brokers.nodes[0].start()
        ends = calls.finish()
        cast_ends = casts.finish()
        unwaited_ends = unwaited.finish()
        good, _ = check_runs(made, ends)
        assert len(good) >= 2900, sorted({end for end in ends.values() if end[0] != "OK"})[:5]
        # What the broker had confirmed and not written is gone with it: only that it ran at most once can be asked.
        ran = dict(made.call("fault", "runs"))
        assert all(times == 1 for number, times in ran.items() if number >= 10000), "a cast ran twice"
        assert sum(end[0] == "OK" for end in cast_ends.values()) >= 2900
        assert sum(end[0] == "OK" for end in unwaited_ends.values()) >= 2900
        host.stop()


@test
def stopped_past_the_heartbeat():
    """a broker that hangs past the heartbeat is noticed, and calls end in time"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        host = start_server(made, options=PROMPT)
        Calls(made, brokers.url + QUERY, 10).finish()
        calls = Calls(made, brokers.url + QUERY, 400, timeout=6, first=100, seconds=0.02)
        calls.await_ends(50)
        brokers.nodes[0].signal(signal.SIGSTOP)
        host.wait_log("silent for two heartbeat intervals")
        brokers.nodes[0].signal(signal.SIGCONT)
        ends = calls.finish()
        check_runs(made, ends)
        assert sum(end[0] == "OK" for end in ends.values()) > 300, ends
        host.stop()


@test
def down_at_start():
    """a host whose broker is down says so, serves when it comes, and stops cleanly meanwhile"""
    with broker.Brokers(start=False) as brokers, deployment(brokers) as made:
        waiting = start_server(made, "stopped", ready=False, options=PROMPT)
        waiting.wait_log("no connection for serving stopped")
        begun = time.monotonic()
        waiting.stop()
        assert time.monotonic() - begun < 15
        path = made.write("many.conf", "[DEFAULT]\ntransport_url = %s\n" % made.url + "".join(
            "[server:s%d]\ntopic = many%d\nendpoints = echo\n" % (number, number) for number in range(20)))
        begun = time.monotonic()
        many = made.start("--config-file", path, ready=False)
        many.wait_log("ready: 20 servers")
        many.stop()
        assert time.monotonic() - begun < 40, "each server has waited for the broker anew"
        host = start_server(made, ready=False, options=PROMPT)
        host.wait_log("no connection for serving fault")
        brokers.nodes[0].start()
        # Before its queues are there the broker drops requests without a word.
        host.wait_log("connected for serving fault")
        ends = Calls(made, brokers.url + QUERY, 4, threads=4, timeout=60).finish()
        assert all(end[0] == "OK" for end in ends.values()), ends
        check_runs(made, ends)
        host.stop()


@test
def deleted_under_us():
    """queues and exchanges that are deleted come back"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        host = start_server(made, options=PROMPT)
        Calls(made, brokers.url, 5).finish()
        node = brokers.nodes[0]
        for queue in ("fault", "fault.c1"):
            mark = host.mark()
            node.ctl("delete_queue", queue)
            host.wait_log("connected for serving fault", mark)
            Calls(made, brokers.url, 5, first=100).finish()
        calls = Calls(made, brokers.url, 200, timeout=5, first=1000, seconds=0.05)
        calls.await_ends(20)
        mark = host.mark()
        node.eval('rabbit_exchange:delete(rabbit_misc:r(<<"/">>, exchange, <<"openstack">>), false, <<"test">>).')
        # The binding is gone with it; a queue's end makes the server declare everything again.
        node.ctl("delete_queue", "fault")
        host.wait_log("connected for serving fault", mark)
        ends = calls.finish()
        check_runs(made, ends)
        late = Calls(made, brokers.url, 20, first=5000).finish()
        assert all(end[0] == "OK" for end in late.values()), late
        host.stop()


def told(message):
    """What a message says in words, and the details behind it."""
    words, details = message.split("{", 1)
    return words, json.loads("{" + details)


@test
def timeouts_explain_themselves():
    """a call that timed out says what is known of it: confirmed or not, either connection lost and regained, blocked"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        host = start_server(made, options=PROMPT)
        node = brokers.nodes[0]
        slow = {"threads": 4, "timeout": 3, "seconds": 5}
        for _, message in Calls(made, brokers.url, 4, **slow).finish().values():
            words, details = told(message)
            assert words.endswith("no answer within 3 s; the broker has confirmed the request"), words
            assert details["confirmed"] and details["connected"] and not details["blocked"], details
            assert not details["connection_lost"] and not details["reply_connection_lost"], details
        calls = Calls(made, brokers.url, 4, first=10, **slow)
        await_true("all of them run", lambda: set(range(10, 14)) <= set(count_runs(made)))
        mark = host.mark()
        node.ctl("close_all_connections", "test")
        host.wait_log("connected for serving fault", mark)
        for _, message in calls.finish().values():
            words, details = told(message)
            assert words.endswith("has confirmed the request; the connection was lost since; there is a new one; the "
                                  "connection for replies was lost since"), words
            assert details["confirmed"] and details["connection_lost"] and details["reply_connection_lost"], details
        host.stop()


@test
def memory_alarm():
    """publishers that the broker blocks say so, and go on when it takes messages again"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        host = start_server(made)
        Calls(made, brokers.url, 5).finish()
        node = brokers.nodes[0]
        node.ctl("set_vm_memory_high_watermark", "0.00001")
        blocked = Calls(made, brokers.url, 6, threads=6, timeout=4, first=10).finish()
        assert all(end[0] != "OK" for end in blocked.values()), blocked
        assert any("block" in message for _, message in blocked.values()), blocked
        through = Calls(made, brokers.url, 6, threads=6, timeout=60, first=20, kind="cast")
        node.ctl("set_vm_memory_high_watermark", "0.6")
        ends = through.finish()
        assert all(end[0] == "OK" for end in ends.values()), ends
        check_runs(made, ends)
        host.stop()


@test
def refused_credentials():
    """wrong credentials are told without the password, and do not hang"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        url = "rabbit://guest:s3cret-word@%s/" % brokers.nodes[0].address
        ends = Calls(made, url, 2, threads=2, timeout=3).finish()
        for status, message in ends.values():
            assert status != "OK" and "s3cret" not in message and "login as guest" in message, message
        host = start_server(made, url=url, ready=False)
        host.wait_log("login as guest")
        host.stop()
        assert "s3cret" not in host.log()


@test
def slow_endpoint():
    """ten thousand requests for a slow endpoint wait in the broker, and heartbeats flow"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        host = start_server(made, options=PROMPT)

        def resident():
            with open("/proc/%d/statm" % host.process.pid, encoding="ascii") as file:
                return int(file.read().split()[1]) * 4
        Calls(made, brokers.url, 100).finish()
        before = resident()
        ends = Calls(made, brokers.url, 10000, kind="cast", first=1000, seconds=0.03, timeout=60).finish()
        assert all(end[0] == "OK" for end in ends.values())
        assert resident() - before < 30000, "grew by %d kB" % (resident() - before)
        await_true("all ran", lambda: len(made.call("fault", "runs")) >= 10100)
        assert not any(line and "lost" in line for line in host.lines), host.log()
        host.stop()


if __name__ == "__main__":
    fault.main()
