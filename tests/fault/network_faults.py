# SPDX-License-Identifier: Apache-2.0
"""A network that resets, cuts and delays, and brokers that refuse what oslo.messaging declares."""

import time

import fault_support as fault
from fault_support import Calls, Deployment, broker, check_runs, start_server, test
from proxy import Proxy, refuses_transient_queues

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
        for count in (50, 150, 250, 350):
            calls.await_ends(count)
            proxy.reset()
        ends = calls.finish()
        good, _ = check_runs(made, ends)
        assert len(good) > 400, sorted(set(ends.values()))[:5]
        host.stop()


@test
def cut_anywhere():
    """a client's session is cut after every so many bytes: each call ends, and runs once at most"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        host = start_server(made, "cut")
        first = 0
        running = []
        for cut in list(range(1, 1500, 37)):
            one = Proxy(brokers.nodes[0].port)
            one.cut_after = cut
            running.append((one, Calls(made, one.url + QUERY, 2, threads=1, timeout=2, first=first, topic="cut")))
            first += 10
            if len(running) == 8:
                settle(made, running)
        settle(made, running)
        host.stop()


def settle(made, running):
    while running:
        one, calls = running.pop()
        check_runs(made, calls.finish(), topic="cut")
        one.close()


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
def many_reconnect():
    """many clients that lose their broker at once come back spread in time"""
    with deployment() as made, Proxy(brokers.nodes[0].port) as proxy:
        host = start_server(made, "crowd")
        clients = [Calls(made, proxy.url, 400, threads=1, timeout=20, first=1000 * number, topic="crowd", seconds=0.01)
                   for number in range(20)]
        for one in clients:
            one.await_ends(3)
        proxy.target = ("127.0.0.1", 1)
        before = proxy.connections
        proxy.reset()
        times = []
        deadline = time.monotonic() + 30
        while len(times) < 80 and time.monotonic() < deadline:
            if proxy.connections > before:
                times += [time.monotonic()] * (proxy.connections - before)
                before = proxy.connections
            time.sleep(0.005)
        # Both links of a client try at once, the second round comes within half to one and a half seconds.
        later = times[40:]
        assert max(later) - min(later) > 0.5, "all at once"
        proxy.target = ("127.0.0.1", brokers.nodes[0].port)
        for one in clients:
            check = one.finish()
            assert sum(end[0] == "OK" for end in check.values()) > 390, sorted(set(check.values()))[:3]
        host.stop()


if __name__ == "__main__":
    if broker.missing():
        fault.main()
    else:
        with broker.Brokers() as brokers:
            fault.main()
