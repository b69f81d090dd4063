# SPDX-License-Identifier: Apache-2.0
"""A cluster of three nodes, each killed in turn by a server in mid-call, while calls and casts go on."""

import fault_support as fault
from fault_support import Calls, Deployment, await_true, broker, check_runs, count_runs, start_server, test

PROMPT = {"heartbeat_timeout_threshold": "5", "rabbit_retry_interval": "1", "rabbit_retry_backoff": "0"}
QUORUM = dict(PROMPT, rabbit_quorum_queue="true", rabbit_transient_quorum_queue="true")
SERVERS = ("c1", "c2")
TIMEOUT = 10
THREADS = 4
# A node that dies may take with it the acknowledgement of what a server has just taken: the other server gets it again.
# Of calls each thread has one under way; of casts there may be as many as a server takes, and acknowledges, at once.
KILLS = 3
AGAIN = KILLS * THREADS
CASTS_AGAIN = KILLS * len(SERVERS) * 16


class Service:
    """Two servers of a topic, and clients that call and cast all the while."""

    def __init__(self, made, brokers, topic, first, options):
        self.made, self.topic, self.first = made, topic, first
        self.exchange = {"OS_DEFAULT__CONTROL_EXCHANGE": topic}
        self.url = brokers.url + "?" + "&".join("%s=%s" % item for item in options.items())
        self.hosts = [start_server(made, topic, url=self.url, server=server, env=self.exchange) for server in SERVERS]
        self.calls = self.begin(0)
        self.casts = self.begin(10000, "cast")

    def begin(self, offset, kind="call", **options):
        return Calls(self.made, self.url, options.pop("count", 10000), threads=THREADS, timeout=TIMEOUT, kind=kind,
                     first=self.first + offset, seconds=0.01, pause=0.04, topic=self.topic, env=self.exchange)

    def call(self, method, *arguments, **options):
        return self.made.call(self.topic, method, *arguments, url=self.url, exchange=self.topic, **options)

    def await_served(self):
        """By each of the servers, for clients old and new."""
        for server in SERVERS:
            await_true("%s serves %s" % (server, self.topic), lambda: self.made.is_served(
                self.topic, url=self.url, exchange=self.topic, server=server))
        self.calls.await_good(20)
        self.casts.await_good(20)

    def kill(self, node):
        """By an endpoint, within the call that asks for it; how the call ended."""
        return self.made.try_call(self.topic, "kill_group", "group:=%d" % node.process.pid, url=self.url,
                                  exchange=self.topic, timeout=str(TIMEOUT))

    def finish(self, casts_last):
        """Each call and cast has ended once and ran once at most, but for acknowledgements lost; what returned success ran."""
        call_ends, cast_ends = self.calls.stop(), self.casts.stop()
        options = {"url": self.url, "exchange": self.topic}
        check_runs(self.made, call_ends, self.topic, SERVERS, AGAIN, **options)
        if casts_last:
            check_runs(self.made, cast_ends, self.topic, SERVERS, CASTS_AGAIN, **options)
        ran = count_runs(self.made, self.topic, SERVERS, **options)
        twice = {number: ran[number] for number in cast_ends if ran[number] > 1}
        assert len(twice) <= CASTS_AGAIN, "casts ran more than once: %r" % twice
        late = self.begin(20000, count=40).finish()
        assert all(end[0] == "OK" for end in late.values()), late
        for host in self.hosts:
            host.stop()
        return call_ends, cast_ends


@test
def every_node_killed():
    """each node is killed by a server in mid-call: calls and casts keep their guarantees, on quorum and classic queues"""
    with broker.Brokers(3) as brokers, Deployment() as made:
        made.url = brokers.url
        quorum = Service(made, brokers, "quorum", 0, QUORUM)
        classic = Service(made, brokers, "classic", 30000, PROMPT)
        assert len(brokers.nodes) == KILLS
        for node in brokers.nodes:
            quorum.await_served()
            classic.await_served()
            code, _, messages = quorum.kill(node)
            assert code in (0, 3, 5), (code, messages)
            node.process.wait(fault.LIMIT)
            # Two of three are enough for everything.
            quorum.await_served()
            classic.await_served()
            node.start()
        quorum.await_served()
        classic.await_served()
        ends = quorum.finish(casts_last=True) + classic.finish(casts_last=False)
        for name, each in zip(("calls", "casts", "classic calls", "classic casts"), ends):
            bad = sorted({end for end in each.values() if end[0] != "OK"})
            print("# %s: %d, of which %d failed: %r" % (name, len(each), sum(end[0] != "OK" for end in each.values()), bad[:3]))


if __name__ == "__main__":
    fault.main()
