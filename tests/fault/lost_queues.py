# SPDX-License-Identifier: Apache-2.0
"""A broker that loses queues, or the ways to them, and tells nobody: as nodes do when another one has died."""

import contextlib
import os
import subprocess

import fault_support as fault
from fault_support import BUILD, QUEUE, Calls, Deployment, await_true, broker, lose, start_server, test
from notes import Emitter, Listener

QUERY = "?heartbeat_timeout_threshold=5&rabbit_retry_interval=1&rabbit_retry_backoff=0"
SERVERS = ("c1", "c2")
EXCHANGE = 'rabbit_misc:r(<<"/">>, exchange, <<"%s">>)'


def unroute(node, exchange, queues):
    """What rabbit_amqqueue:on_node_down() does last of all to the bindings of queues that it has listed."""
    bindings = ", ".join("{binding, %s, <<\"%s\">>, %s, []}" % (EXCHANGE % exchange, queue, QUEUE % queue)
                         for queue in queues)
    node.eval("rabbit_misc:execute_mnesia_transaction(fun () -> "
              "rabbit_exchange_type_topic:remove_bindings(transaction, none, [%s]) end)." % bindings)


def consumed(node):
    """The name of a queue for each consumer."""
    return sorted(line.split("\t")[0] for line in node.ctl("list_consumers", "queue_name").splitlines()[1:])


def reconnect(node, hosts):
    """All connections to the broker are new ones; everybody is back when this returns."""
    before = consumed(node)
    marks = [host.mark() for host in hosts]
    node.ctl("close_all_connections", "test")
    for host, mark in zip(hosts, marks):
        host.wait_log("connected for serving fault", mark)
    await_true("everything is consumed again", lambda: consumed(node) == before)


@contextlib.contextmanager
def served():
    """Two servers of a topic, which end well; the broker's node, what is deployed, and their hosts."""
    with broker.Brokers() as brokers, Deployment() as made:
        made.url = brokers.url + QUERY
        hosts = [start_server(made, url=made.url, server=server) for server in SERVERS]
        yield brokers.nodes[0], made, hosts
        for host in hosts:
            host.stop()


def await_served(made):
    for server in SERVERS:
        await_true("%s is served" % server, lambda: made.is_served("fault", server=server))


def await_fanout(made, number):
    """Casts reach both; those that come while a server has not noticed its loss do not."""
    def reached():
        numbers.append(number + len(numbers))
        subprocess.run([os.path.join(BUILD, "ostler"), "cast", "--fanout", "--url", made.url, "fault", "run",
                        "number:=%d" % numbers[-1]], env=made.environment(), check=True)
        return all(set(numbers) & {one for one, _ in made.call("fault", "runs", server=server)} for server in SERVERS)
    numbers = []
    await_true("fanout casts reach both servers", reached)


@test
def queues_lost():
    """queues that the broker has forgotten are declared again: of servers, of a listener, for replies"""
    with served() as (node, made, hosts):
        calls = Calls(made, made.url, 10000, threads=2, timeout=3, pause=0.05)
        listener = Listener(made, made.url, "told")
        emitter = Emitter(made, made.url, "messagingv2", "told")
        calls.await_good(5)
        reconnect(node, hosts)
        lost = set(consumed(node))
        assert len(lost) == 1 + 2 + 2 + 1 + len([name for name in lost if name.startswith("told.")]), lost
        lose(node, lost)
        # For each of them its consumers are back, on queues that the broker knows; own queues have new names.
        calls.await_good(20)
        await_served(made)
        await_fanout(made, 20000)
        await_true("the topic has two consumers", lambda: consumed(node).count("fault") == 2)
        await_true("the listener's queues are there", lambda: {name for name in lost if name.startswith("told.")} <=
                   set(consumed(node)))
        emitter.emit("info", "after.loss", {"id": 1})
        assert listener.handled(1)[0]["event_type"] == "after.loss"
        own = {name for name in lost if name.startswith(("reply_", "fault_fanout_"))}
        assert len(own) == 3 and not own & set(consumed(node)), (own, consumed(node))
        calls.stop()
        emitter.finish()
        listener.finish()


@test
def routes_lost():
    """a binding that the broker lists and does not route by is replaced, an exchange that is gone declared again"""
    with served() as (node, made, hosts):
        await_served(made)
        reconnect(node, hosts)
        unroute(node, "openstack", ["fault", "fault.c1", "fault.c2"])
        await_served(made)
        calls = Calls(made, made.url, 20, timeout=60)
        assert all(end[0] == "OK" for end in calls.finish().values()), calls.lines
        reconnect(node, hosts)
        node.eval('rabbit_exchange:delete(%s, false, <<"test">>).' % (EXCHANGE % "openstack"))
        await_served(made)
        late = Calls(made, made.url, 20, first=100, timeout=60)
        assert all(end[0] == "OK" for end in late.finish().values()), late.lines


if __name__ == "__main__":
    fault.main()
