# SPDX-License-Identifier: Apache-2.0
"""A network that resets, cuts and delays, and brokers that refuse what oslo.messaging declares."""

import fault_support as fault
from fault_support import Calls, Crowd, Deployment, await_true, broker, check_runs, start_server, test
from proxy import Proxy, refuses_transient_queues

CROWD = 200
QUERY = "?rabbit_interval_max=1&rabbit_retry_backoff=0"


def deployment():
    made = Deployment()
    made.url = brokers.url
    return made


@test
def resets():
    """connections that are reset again and again lose no answer of what was confirmed, and nothing runs twice"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        host = start_server(made, url=proxy.url + QUERY)
        calls = Calls(made, proxy.url + QUERY, 600, timeout=10, seconds=0.01)
        casts = Calls(made, proxy.url + QUERY, 3000, timeout=30, kind="async", first=10000, threads=1, pause=0.001)
        for count in (50, 150, 250, 350):
            calls.await_ends(count)
            proxy.reset()
        ends = calls.finish()
        good, _ = check_runs(made, ends)
        assert len(good) > 400, sorted(set(ends.values()))[:5]
        # The broker lives: what nobody waited for is sent until it is confirmed, and runs once.
        good, _ = check_runs(made, casts.finish())
        assert len(good) == 3000, "only %d casts were accepted" % len(good)
        host.stop()


@test
def half_open():
    """connections that stay open and carry nothing are noticed by their heartbeats, on both sides, and made anew"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        beat = QUERY + "&heartbeat_timeout_threshold=2"
        host = start_server(made, "half", url=proxy.url + beat)
        crowd = Crowd(made, [proxy.url + beat] * 5, topic="half", timeout=15)
        crowd.await_good(5)
        proxy.frozen = proxy.connections
        crowd.again()
        host.wait_log("connection for serving half lost: .*silent")
        ends = crowd.finish()
        # What was on its way when the network went silent is lost; that is found out by the deadline at the latest.
        check_runs(made, ends, topic="half")
        late = Calls(made, proxy.url + beat, 20, first=1000, topic="half", timeout=60).finish()
        assert all(end[0] == "OK" for end in late.values()), late
        host.stop()


@test
def slow_network():
    """a network that passes a few bytes at a time: everything is served, in its time"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        proxy.trickle = 3
        host = start_server(made, "slow", url=proxy.url + QUERY)
        ends = Calls(made, proxy.url + QUERY, 60, timeout=60, topic="slow").finish()
        assert all(end[0] == "OK" for end in ends.values()), ends
        check_runs(made, ends, topic="slow")
        host.stop()


@test
def held_back():
    """a network that holds everything back for a while: calls end in time, and work goes on afterwards"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        host = start_server(made, "held", url=proxy.url + QUERY + "&heartbeat_timeout_threshold=30")
        calls = Calls(made, proxy.url + QUERY, 100, timeout=3, topic="held", seconds=0.01)
        calls.await_ends(30)
        proxy.passing.clear()
        calls.await_ends(38)
        proxy.passing.set()
        ends = calls.finish()
        check_runs(made, ends, topic="held")
        late = Calls(made, proxy.url, 20, first=1000, topic="held").finish()
        assert all(end[0] == "OK" for end in late.values()), late
        host.stop()


@test
def no_transient_queues():
    """a broker that closes connections over transient queues gets durable ones, and that is said once"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        proxy.forge = refuses_transient_queues
        host = start_server(made, "durable", url=proxy.url + QUERY)
        host.wait_log("refuses transient queues")
        ends = Calls(made, proxy.url + QUERY, 50, topic="durable", timeout=20).finish()
        assert all(end[0] == "OK" for end in ends.values()), ends
        said = [line for line in host.lines if line and "refuses transient queues" in line]
        assert len(said) == 1, said
        assert proxy.connections < 12, "%d connections" % proxy.connections
        host.stop()


@test
def other_properties():
    """what exists with other properties is used as it is, and that is said once"""
    with deployment() as made:
        first = start_server(made, "other")
        Calls(made, brokers.url, 5, topic="other").finish()
        first.stop()
        # "openstack" exists transient, and so do the queues: durable is asked for.
        host = start_server(made, "other", options="amqp_durable_queues = true")
        host.wait_log("exists with other properties")
        ends = Calls(made, brokers.url + "?amqp_durable_queues=true", 50, topic="other", first=100).finish()
        assert all(end[0] == "OK" for end in ends.values()), ends
        assert len([line for line in host.lines if line and "WARNING" in line and "exists with" in line]) == 1
        host.stop()


@test
def prefetch():
    """an explicit prefetch is what the broker is told, and 0 is none; everything is served with both"""
    with deployment() as made:
        for count in (3, 0):
            topic = "prefetch%d" % count
            host = start_server(made, topic, options="rabbit_qos_prefetch_count = %d" % count)
            listed = brokers.nodes[0].ctl("list_consumers", "queue_name", "prefetch_count")
            counts = {line.split()[1] for line in listed.splitlines() if line.split()[0] == topic}
            assert counts == {str(count)}, listed
            ends = Calls(made, brokers.url, 200, topic=topic, kind="cast", seconds=0.01).finish()
            good, _ = check_runs(made, ends, topic=topic)
            assert len(good) == 200
            host.stop()


def attempts_of(proxy, before, number):
    """When this attempt of each connection came."""
    begin, end = before + number * 2 * CROWD, before + (number + 1) * 2 * CROWD
    await_true("attempt %d of all" % number, lambda: len(proxy.attempts) >= end)
    return sorted(proxy.attempts[begin:end])


def is_spread(times):
    """A machine that stands still for a moment makes many of one time, but not of every time."""
    fullest = max(sum(begin <= one < begin + 0.1 for one in times) for begin in times)
    print("# over %.2f s, %d of %d within a tenth" % (times[-1] - times[0], fullest, len(times)))
    return times[-1] - times[0] > 0.5 and fullest < len(times) / 2


@test
def many_reconnect():
    """200 clients that lose their broker at once come back spread in time, and each is served again"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        host = start_server(made, "crowd")
        crowd = Crowd(made, [proxy.url] * CROWD, topic="crowd", timeout=90)
        crowd.await_good(CROWD)
        proxy.target = ("127.0.0.1", 1)
        before = len(proxy.attempts)
        proxy.reset()
        # Each client has two connections. All try at once; then each waits half to one and a half seconds for the next try.
        assert any(is_spread(attempts_of(proxy, before, number)) for number in range(1, 6)), "five times all at once"
        proxy.target = ("127.0.0.1", brokers.nodes[0].port)
        crowd.again()
        ends = crowd.finish()
        assert all(end[0] == "OK" for end in ends.values()), sorted(set(ends.values()))[:3]
        check_runs(made, ends, topic="crowd")
        host.stop()


if __name__ == "__main__":
    if broker.missing():
        fault.main()
    else:
        with broker.Brokers() as brokers:
            fault.main()
