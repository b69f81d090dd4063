# SPDX-License-Identifier: Apache-2.0
"""ostlerd: notification listeners from a configuration. They listen on the transport `fake`, which keeps what nobody has
taken, and an endpoint of a server in the same process emits, so that every notification can be accounted for."""

import json
import os
import shutil
import signal

from host_support import await_true, has_in, main, module, test
from listener_support import LISTENER, SERVER, Listening, control, events


# --- What a section says


@test
def takes():
    """A listener takes the notifications of its topics and of the priorities of its endpoints"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + "topics = one, two\n")
        deployment.emit(2, "topic=one", "event_type=a")
        deployment.emit(1, "topic=two", "event_type=b", "priority=error")
        deployment.emit(1, "topic=two", "event_type=no", "priority=debug")
        deployment.emit(1, "topic=three", "event_type=no")
        assert events(deployment.await_taken(3)) == ["a.0", "a.1", "b.0"]
        host.stop()


@test
def default_topic():
    """Without topics it listens to notifications"""
    with Listening() as deployment:
        host = deployment.begin()
        deployment.emit(1, "topic=notifications")
        deployment.await_taken(1)
        host.stop()


@test
def url_of_notifications():
    """Without a URL of its own a listener has that of oslo_messaging_notifications, or else that of DEFAULT"""
    with Listening() as deployment:
        host = deployment.begin("[listener]\nendpoints = %s\n" % module("taker1") +
                                "[oslo_messaging_notifications]\ntransport_url = fake:\n")
        deployment.emit(1)
        deployment.await_taken(1)
        host.stop()
        deployment.write("ostlerd.conf", "[DEFAULT]\ntransport_url = fake:\n" + LISTENER.replace("transport_url", "#"))
        host = deployment.start()
        host.signal(signal.SIGUSR1)
        has_in(host.wait_log(r"\[listener\] exchange"), "url=fake:")
        host.stop()


@test
def exchange():
    """A listener on another exchange is on its own"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER.replace("[listener]", "[listener:a]") +
                                LISTENER.replace("[listener]", "[listener:b]").replace("taker1", "other_taker") +
                                "exchange = other\n")
        deployment.emit(3)
        assert {each.build for each in deployment.await_taken(3)} == {"1"}
        host.stop()


@test
def pools():
    """Each pool gets every notification, listeners of one pool share them"""
    with Listening() as deployment:
        host = deployment.begin("".join(LISTENER.replace("[listener]", "[listener:%s-%s]" % (pool, taker))
                                        .replace("taker1", taker) + "pool = %s\n" % pool
                                        for pool in ("p", "q") for taker in ("taker1", "other_taker")))
        host.wait_log("ready: 1 server, 4 listeners")
        deployment.emit(20)
        assert events(deployment.await_taken(40)) == sorted(["event.%d" % i for i in range(20)] * 2)
        host.stop()


@test
def batches():
    """Batches are filled, and what is left is handed over when the time has passed or the host stops"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + "batch_size = 5\nexecutor = blocking\n")
        deployment.emit(12)
        assert [each.count for each in deployment.await_taken(10)] == ["5"] * 10
        host.stop()
        assert [each.count for each in deployment.await_taken(12)[10:]] == ["2"] * 2
        host = deployment.begin(LISTENER + "batch_timeout = 0.2\n")
        deployment.emit(3)
        deployment.await_taken(15)
        host.stop()


@test
def several_endpoints():
    """The endpoints of one listener each see a notification"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER.replace("taker1.so", "taker1.so, audit") +
                                "[endpoint:audit]\npath = %s\n" % deployment.path("audit"))
        deployment.emit(1, "priority=audit")
        await_true("a line", lambda: os.path.getsize(deployment.path("audit")) > 0)
        deployment.emit(1)
        deployment.await_taken(1)
        host.stop()


# --- Requeuing


@test
def requeued_until_it_works():
    """With allow_requeue what cannot be handled comes again until it can"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + "allow_requeue = true\n", requeue="true")
        deployment.emit(5)
        deployment.change(host, LISTENER + "allow_requeue = true\n", requeue="false")
        assert events(deployment.await_taken(5)) == ["event.%d" % i for i in range(5)]
        host.stop()
        deployment.await_taken(5)


@test
def gone_without_requeue():
    """Without allow_requeue what cannot be handled is gone, and the log says so"""
    with Listening() as deployment:
        host = deployment.begin(requeue="true")
        deployment.emit(1)
        host.wait_log("event.0 could not be handled and is gone")
        deployment.change(host)
        deployment.emit(1, "event_type=later")
        assert events(deployment.await_taken(1)) == ["later.0"]
        host.stop()


# --- Reloads


@test
def options_follow():
    """Options of an endpoint follow; the listener goes on"""
    with Listening() as deployment:
        host = deployment.begin(word="one")
        deployment.emit(1)
        deployment.await_taken(1)
        has_in(deployment.change(host, word="two"), "1 server, 1 listener")
        deployment.emit(1)
        assert [each.word for each in deployment.await_taken(2)] == ["one", "two"]
        assert host.log().count("build 1 opened") == 1
        host.stop()


@test
def sections_come_and_go():
    """A listener that is added listens, one that is removed ends when its last notification is handled"""
    with Listening() as deployment:
        keep = "[server:keep]\ntransport_url = fake:\ntopic = keep\nendpoints = echo\n"  # the queues are not given up
        deployment.conf(SERVER + keep)
        host = deployment.start()
        deployment.emit(1, "event_type=kept")
        has_in(deployment.change(host, keep + LISTENER, seconds=2), "2 servers, 1 listener")
        host.wait_log("build 1 stays")
        has_in(deployment.change(host, keep, seconds=2), "2 servers")
        deployment.emit(1, "event_type=later")
        host.wait_log("build 1 ended")
        assert events(deployment.await_taken(1)) == ["kept.0"]
        deployment.change(host)
        assert events(deployment.await_taken(2)) == ["kept.0", "later.0"]
        host.stop()


@test
def what_it_is_made_with_changes():
    """A listener whose topics, pool, requeuing, batches, exchange or executor changed is exchanged, and nothing is lost"""
    with Listening() as deployment:
        host = deployment.begin()
        changes = ("topics = notifications, more\n", "allow_requeue = true\n", "batch_size = 2\nbatch_timeout = 0.1\n",
                   "batch_timeout = 0.1\n", "executor = blocking\n", "exchange = openstack\ntopics = notifications, notifications, more\n",
                   "pool = p\n")
        for number, text in enumerate(changes, 2):
            deployment.change(host, LISTENER + text)
            assert host.log().count("build 1 opened") == number, host.log()
            deployment.emit(3, "event_type=e%d" % number)
            deployment.await_taken(3 * (number - 1))
        host.wait_log("listens to \"notifications\" in the pool \"p\"")
        host.stop()


@test
def endpoints_change():
    """An endpoint that is added or removed: its priorities are listened to from then on, or no longer"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER.replace(module("taker1"), "audit") +
                                "[endpoint:audit]\npath = %s\n" % deployment.path("audit"))
        deployment.emit(1, "priority=warn", "event_type=warned")
        deployment.change(host, LISTENER.replace("taker1", "other_taker"))
        assert events(deployment.await_taken(1)) == ["warned.0"]
        deployment.change(host)
        deployment.emit(1, "priority=warn", "event_type=again")
        deployment.emit(1, "event_type=info")
        assert events(deployment.await_taken(2)) == ["info.0", "warned.0"]
        host.stop()


@test
def module_replaced():
    """A module whose file changed is loaded anew; what was under way finishes on the old code"""
    with Listening() as deployment:
        path = deployment.path("taker.so")
        listener = "[listener]\ntransport_url = fake:\nendpoints = %s\n" % path
        shutil.copy(module("taker1"), path)
        host = deployment.begin(listener, seconds=2)
        deployment.emit(1, "event_type=old")
        host.wait_log("build 1 stays")
        shutil.copy(module("taker2"), path + ".new")
        os.rename(path + ".new", path)
        deployment.change(host, listener)
        deployment.emit(1, "event_type=new", "priority=warn")
        taken = deployment.await_taken(2)
        assert sorted((each.event, each.build) for each in taken) == [("new.0", "2"), ("old.0", "1")], taken
        host.wait_log("build 1 ended")
        host.stop()


def refuses(listeners, *parts, **options):
    """The old configuration stays in force, whatever the new one is."""
    with Listening() as deployment:
        host = deployment.begin(word="old")
        path = deployment.conf(SERVER + listeners + deployment.taker(word="new", **options))
        has_in(host.reload(), "refused")
        has_in(host.log(), "the old one stays in force", *(part.replace("FILE", path) for part in parts))
        deployment.emit(2)
        assert {each.word for each in deployment.await_taken(2)} == {"old"}
        deployment.change(host, word="good")
        deployment.emit(1)
        assert deployment.await_taken(3)[2].word == "good"
        host.stop()


NEW = LISTENER.replace("[listener]", "[listener:new]")


@test
def refused_values():
    """Refused: wrong values, no topics, no endpoints"""
    refuses(LISTENER + "batch_size = none\nbatch_timeout = -1\n", "FILE:11", "FILE:12")
    refuses(NEW + "topics =\n" + LISTENER, "FILE:11: [listener:new] topics: a listener needs topics")
    refuses("[listener]\ntransport_url = fake:\n", "[listener] endpoints: a listener needs endpoints")


@test
def refused_endpoints():
    """Refused: endpoints that are not there, that take no notifications, that do not open, that do not reset"""
    refuses(LISTENER.replace("taker1.so", "taker1.so, ghost"), "FILE:10: [listener] endpoints", "ghost")
    refuses(LISTENER.replace(module("taker1"), "echo"), "FILE:10: [listener] endpoints",
            "has no interface for notifications")
    refuses(NEW + "pool = p\n" + LISTENER, "[listener:new]", "the taker does not open", fail_open="true")
    refuses(NEW + "pool = p\n" + LISTENER, "[listener]", "the taker does not reset", fail_reset="true")


@test
def refused_rpc_only():
    """Refused: an endpoint for notifications behind a server"""
    refuses("[server:new]\ntopic = new\nendpoints = audit\n" + LISTENER, "[server:new] endpoints",
            "has no RPC interface")


@test
def refused_transport():
    """Refused: a driver that is not there"""
    refuses(LISTENER.replace("fake:", "carrier-pigeon:"), "FILE:9: [listener] transport_url", "carrier-pigeon")


# --- An endpoint that emits


@test
def routing():
    """The routing file follows SIGHUP; one that is wrong is refused with its name and line, and the old one stays"""
    with Listening() as deployment:
        routes = deployment.write("routes.yaml", "any:\n  log: {accepted_events: [\"a.*\"]}\n")
        deployment.conf(SERVER + "[oslo_messaging_notifications]\ndriver = routing\nrouting_config = %s\n" % routes)
        host = deployment.start()

        def goes(event_type):
            since = host.mark()
            deployment.call("demo", "tell", "event_type=" + event_type, namespace="emitter")
            deployment.call("demo", "tell", "event_type=%s.end" % wanted, namespace="emitter")
            host.wait_log(r"oslo.messaging.notification.%s.end" % wanted, since)
            return any("oslo.messaging.notification.%s " % event_type in line for line in host.lines[since:])
        wanted = "a"
        assert goes("a.1") and not goes("b.1")
        for text, line, why in (("any:\n  log: [\n", 3, ""), ("any:\n  log:\n    accepted_events: a\n", 3, "list"),
                                ("any:\n  pigeon: {}\n", None, "pigeon")):
            since = host.mark()
            deployment.write("routes.yaml", text)
            has_in(host.reload(), "refused")
            has_in("\n".join(host.lines[since:]), routes + ":%d: " % line if line else "", why, "the old one stays in force")
            assert goes("a.1") and not goes("b.1")
        deployment.write("routes.yaml", "any:\n  log: {accepted_events: [\"b.*\"]}\n")
        host.reload()
        wanted = "b"
        assert goes("b.1") and not goes("a.1")
        host.stop()
        deployment.write("routes.yaml", "any:\n- log\n")
        host = deployment.start(ready=False)
        assert host.wait() == 2, host.log()
        has_in(host.log(), routes + ":2: ")


@test
def filter_that_is_none():
    """An endpoint whose filter is no regular expression keeps the host from starting, and a reload from happening"""
    with Listening() as deployment:
        bad = LISTENER.replace(module("taker1"), module("bad_filter")) + "[endpoint:bad_filter]\npath = /dev/null\n"
        deployment.conf(SERVER + bad)
        host = deployment.start(ready=False)
        assert host.wait() == 1, host.log()
        has_in(host.log(), "[listener]", "bad_filter", "filter on event_type", "\"(a\" is no regular expression")
        code, out = findings(deployment, SERVER + bad)
        assert code == 2, out
        has_in(out, "[listener]", "bad_filter", "\"(a\" is no regular expression")
        host = deployment.begin()
        deployment.conf(SERVER + bad + deployment.taker())
        has_in(host.reload(), "refused")
        has_in(host.log(), "\"(a\" is no regular expression")
        deployment.emit(1)
        deployment.await_taken(1)
        host.stop()


# --- The end


@test
def graceful_stop():
    """SIGTERM: what is under way is handled first, and nothing further is taken"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + "executor_thread_pool_size = 1\n", seconds=2)
        deployment.emit(1)
        host.wait_log("build 1 stays")
        host.stop()
        assert events(deployment.taken()) == ["event.0"]


@test
def graceful_time_passes():
    """A notification that takes longer than graceful_shutdown_timeout is abandoned: exit code 1"""
    with Listening() as deployment:
        deployment.conf(SERVER + LISTENER + deployment.taker(seconds=300), "graceful_shutdown_timeout = 1")
        host = deployment.start()
        deployment.emit(1)
        host.wait_log("build 1 stays")
        host.signal(signal.SIGTERM)
        assert host.wait() == 1
        has_in(host.log(), "[listener]", "graceful_shutdown_timeout")


# --- What it tells


@test
def report():
    """SIGUSR1 tells of listeners: what they listen to, their endpoints, and counts"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + "topics = one, two\npool = p\n")
        deployment.emit(3, "topic=two")
        deployment.await_taken(3)
        host.signal(signal.SIGUSR1)
        host.wait_log("1 server, 1 listener, transports: 2")
        has_in(host.wait_log(r"\[listener\] exchange=openstack"), "topics=one,two priorities=info,error pool=p url=fake")
        has_in(host.wait_log(r"\[listener\] endpoint"), "taker from", "taker1.so")
        stats = json.loads(host.wait_log(r"report \[listener\] \{\"requests").split("[listener] ")[1])
        assert stats["requests"] == 3 and stats["failures"] == 0, stats
        host.stop()


@test
def control_tells():
    """control.describe and control.stats tell of the listeners beside the server"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + "topics = one, two\n" + NEW + "pool = p\n")
        deployment.emit(3, "topic=two")
        deployment.await_taken(3)
        described = control(deployment, "describe")["listeners"]
        assert described == [
            {"section": "listener", "exchange": "openstack", "topics": ["one", "two"], "priorities": ["info", "error"],
             "pool": None, "url": "fake:///", "endpoints": ["taker"]},
            {"section": "listener:new", "exchange": "openstack", "topics": ["notifications"],
             "priorities": ["info", "error"], "pool": "p", "url": "fake:///", "endpoints": ["taker"]}], described
        await_true("the third has been counted",
                   lambda: control(deployment, "stats")["listeners"][0]["stats"]["requests"] == 3)
        stats = control(deployment, "stats")["listeners"]
        assert [each["section"] for each in stats] == ["listener", "listener:new"], stats
        assert stats[1]["stats"]["requests"] == 0, stats
        deployment.change(host, "")
        assert control(deployment, "describe")["listeners"] == []
        host.stop()


@test
def ready():
    """The service manager is told of listeners"""
    with Listening() as deployment:
        host = deployment.begin(LISTENER + NEW)
        host.wait_log("ready: 1 server, 2 listeners")
        has_in(deployment.change(host), "Serving: 1 server, 1 listener")
        host.stop()
        deployment.write("ostlerd.conf", LISTENER)
        host = deployment.start()
        host.wait_log("ready: 1 listener")
        host.stop()


# --- --check


def findings(deployment, text):
    path = deployment.conf(text)
    done = deployment.run("--check", "--config-file", path)
    return done.returncode, done.stdout.replace(path, "FILE")


@test
def checked():
    """--check: a good configuration, and every finding of a bad one"""
    with Listening() as deployment:
        code, output = findings(deployment, SERVER + LISTENER + NEW + "[endpoint:taker]\nword = x\n")
        assert code == 0, output
        has_in(output, "1 server, 2 listeners")
        code, output = findings(deployment, "[listener:x]\n"             # 4
                                            "transport_url = fake:\n"    # 5
                                            "topics = %s\n"              # 6
                                            "endpoints = echo, ghost\n"  # 7
                                            "allow_requeu = true\n"      # 8
                                            "batch_size = 0\n"           # 9
                                            "executor = warp\n"          # 10
                                            "pool = %s\n"                # 11
                                            "batch_timeout = soon\n"     # 12
                                % ("t" * 300, "p" * 300))
        assert code == 2, output
        has_in(output, "FILE:6: [listener:x] topics: a name has at most", "FILE:7: [listener:x] endpoints", "ghost",
               "has no interface for notifications", "FILE:8", "did you mean \"allow_requeue\"?", "FILE:9",
               "FILE:10: [listener:x] executor", "warp", "FILE:11: [listener:x] pool", "FILE:12", "soon")


main()
