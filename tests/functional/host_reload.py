# SPDX-License-Identifier: Apache-2.0
"""ostlerd: SIGHUP, with configurations good and bad."""

import os

from host_support import Deployment, has_in, main, module, result_of, test

BASE = "[server]\ntopic = demo\nserver = node1\nendpoints = echo, control, %s\n"
PROBE = BASE % module("probe1")


def word(deployment, topic="demo"):
    return deployment.call(topic, "word", namespace="probe")


@test
def options_follow():
    """Options of an endpoint follow, and its state stays"""
    with Deployment() as deployment:
        deployment.conf(PROBE + "[endpoint:probe]\nword = one\n")
        host = deployment.start()
        assert word(deployment) == "one"
        call = deployment.begin_hold()
        deployment.conf(PROBE + "[endpoint:probe]\nword = two\n")
        host.reload()
        assert word(deployment) == "two"
        assert deployment.call("demo", "held", namespace="probe") == 1
        deployment.call("demo", "release", namespace="probe")
        assert result_of(call) == "1"
        assert host.log().count("build 1 opened") == 1
        host.stop()


@test
def endpoints_follow():
    """The set of endpoints follows"""
    with Deployment() as deployment:
        deployment.conf("[server]\ntopic = demo\nendpoints = echo\n")
        host = deployment.start()
        assert deployment.try_call("demo", "word", namespace="probe")[0] == 4
        deployment.conf("[server]\ntopic = demo\nendpoints = %s\n" % module("probe1"))
        host.reload()
        assert word(deployment) == "none"
        assert deployment.try_call("demo", "echo", "arg=x")[0] == 4
        deployment.conf("[server]\ntopic = demo\nendpoints = echo\n")
        since = host.mark()
        host.reload()
        host.wait_log("build 1 ended", since)
        assert deployment.call("demo", "echo", "arg=x") == "x"
        host.stop()


@test
def sections_come_and_go():
    """A new section starts, a removed one stops when its last request is answered"""
    with Deployment() as deployment:
        deployment.conf("[server:a]\ntopic = a\nendpoints = %s, echo\n" % module("probe1"))
        host = deployment.start()
        call = deployment.begin_call("a", "sleep_here", "seconds:=3", namespace="probe")
        host.wait_log("build 1 sleeps")
        deployment.conf("[server:b]\ntopic = b\nendpoints = echo\n")
        has_in(host.reload(), "1 server")
        assert deployment.call("b", "echo", "arg=x") == "x"
        assert not deployment.is_served("a")
        assert result_of(call) == "1"
        host.wait_log("build 1 ended")
        host.stop()


@test
def target_changes():
    """A server whose topic changed is exchanged, the other goes on"""
    with Deployment() as deployment:
        text = ("[server:stays]\ntopic = stays\nendpoints = %s\n[server:moves]\ntopic = %s\nendpoints = echo\n")
        deployment.conf(text % (module("probe1"), "before"))
        host = deployment.start()
        call = deployment.begin_hold("stays")
        deployment.conf(text % (module("probe1"), "after"))
        host.reload()
        assert deployment.call("after", "echo", "arg=x") == "x"
        assert not deployment.is_served("before")
        deployment.call("stays", "release", namespace="probe")
        assert result_of(call) == "1"
        assert host.log().count("build 1 opened") == 1
        host.stop()


@test
def transport_changes():
    """A server whose transport URL changed is exchanged"""
    with Deployment() as deployment:
        other = deployment.url + "-b"
        deployment.conf("[server]\ntopic = demo\nendpoints = echo\n")
        host = deployment.start()
        deployment.conf("[server]\ntopic = demo\nendpoints = echo\ntransport_url = %s\n" % other)
        host.reload()
        assert deployment.call("demo", "echo", "arg=x", url=other) == "x"
        assert not deployment.is_served("demo")
        host.stop()


@test
def executor_changes():
    """A server whose executor changed is exchanged under its old name"""
    with Deployment() as deployment:
        deployment.conf("[server]\ntopic = demo\nserver = node1\nendpoints = echo\n")
        host = deployment.start()
        deployment.conf("[server]\ntopic = demo\nserver = node1\nendpoints = echo\nexecutor = blocking\n")
        assert "1 server" in host.reload(), host.log()
        assert deployment.call("demo", "echo", "arg=x", server="node1") == "x"
        host.stop()


@test
def driver_options_change():
    """With other options of its driver a transport is another one: its server is exchanged, under its old name"""
    with Deployment() as deployment:
        text = PROBE + "[nanomsg]\nmax_message_size = %d\n"
        deployment.conf(text % 1000000)
        host = deployment.start()
        deployment.conf(text % 1000000 + "[endpoint:probe]\nword = same\n")
        assert "1 server" in host.reload(), host.log()
        assert host.log().count("build 1 opened") == 1
        deployment.conf(text % 2000000)
        assert "1 server" in host.reload(), host.log()
        assert deployment.call("demo", "echo", "arg=x", server="node1") == "x"
        host.wait_log("build 1 ended")
        assert host.log().count("build 1 opened") == 2
        host.stop()


@test
def section_renamed():
    """A section that only has another name goes on"""
    with Deployment() as deployment:
        deployment.conf("[server:a]\ntopic = demo\nendpoints = %s\n" % module("probe1"))
        host = deployment.start()
        deployment.conf("[server:b]\ntopic = demo\nendpoints = %s\n" % module("probe1"))
        host.reload()
        assert word(deployment) == "none"
        assert host.log().count("build 1 opened") == 1
        host.stop()


@test
def policy_follows():
    """The access policy follows"""
    with Deployment() as deployment:
        deployment.conf(PROBE)
        host = deployment.start()
        assert deployment.call("demo", "release", namespace="probe") == 0
        deployment.conf(PROBE.replace("topic", "access_policy = explicit\ntopic"))
        host.reload()
        assert word(deployment) == "none"
        assert deployment.try_call("demo", "release", namespace="probe")[0] == 4
        host.stop()


@test
def level_follows():
    """The log level follows"""
    with Deployment() as deployment:
        deployment.conf(PROBE)
        host = deployment.start()
        assert " DEBUG " not in host.log()
        deployment.conf(PROBE, "debug = true")
        host.reload()
        since = host.mark()
        deployment.try_call("demo", "fail", "module=builtins", "cls=KeyError", "message=gone")
        host.wait_log(" DEBUG ", since)
        deployment.conf(PROBE)
        host.reload()
        host.stop()


def refuses(text, *parts, default=""):
    """The old configuration stays in force, whatever the new one is."""
    with Deployment() as deployment:
        deployment.conf(PROBE + "[endpoint:probe]\nword = old\n")
        host = deployment.start()
        path = deployment.conf(text, default)
        has_in(host.reload(), "refused")
        has_in(host.log(), "the old one stays in force", *(part.replace("FILE", path) for part in parts))
        assert word(deployment) == "old"
        assert deployment.call("demo", "echo", "arg=x", server="node1") == "x"
        assert not deployment.is_served("new")
        deployment.conf(PROBE + "[endpoint:probe]\nword = good\n")
        host.reload()
        assert word(deployment) == "good"
        host.stop()


NEW = "[server:new]\ntopic = new\nendpoints = echo\n"


@test
def bad_line():
    """Refused: a line that is none"""
    refuses(NEW + PROBE + "nonsense\n", "FILE:11")


@test
def bad_value():
    """Refused: a value of the wrong type"""
    refuses(NEW + PROBE + "executor_thread_pool_size = few\n", "FILE:11", "few")


@test
def bad_endpoint_option():
    """Refused: an endpoint's option of the wrong type"""
    refuses(NEW + PROBE + "[endpoint:probe]\nfail_open = perhaps\n", "FILE:12", "perhaps")


@test
def bad_module():
    """Refused: an endpoint that is not there"""
    refuses(NEW + PROBE.replace("echo,", "echo, ghost,"), "FILE:10: [server] endpoints", "ghost")


@test
def bad_transport():
    """Refused: a driver that is not there"""
    refuses(NEW + "transport_url = carrier-pigeon://coop/\n" + PROBE, "FILE:7", "carrier-pigeon")


@test
def nothing_left():
    """Refused: nothing to serve"""
    refuses("", "no [server] section")


@test
def endpoint_refuses():
    """Refused: an endpoint that fails in reset"""
    refuses(NEW + PROBE + "[endpoint:probe]\nfail_reset = true\nword = new\n", "the probe does not reset")


@test
def new_endpoint_refuses():
    """Refused: an endpoint of a new server that fails in open"""
    refuses(PROBE + "[server:new]\ntopic = new\nendpoints = %s, echo\n[endpoint:probe]\nfail_open = true\nword = new\n"
            % module("probe1"), "[server:new]", "the probe does not open")


@test
def folder_not_to_be_had():
    """Refused: a socket folder that cannot be made"""
    refuses(PROBE + "[endpoint:probe]\nword = new\n[server:new]\ntopic = new\nendpoints = echo\n"
            "transport_url = nanomsg:///dev/null/run\n", "/dev/null")


@test
def bad_log_file():
    """Refused: a log file that cannot be opened"""
    refuses(NEW + PROBE, "FILE:3", "/dev/null/log", default="log_file = /dev/null/log")


@test
def name_taken():
    """Refused: a new server whose name another process has; the others have their old options back"""
    with Deployment() as deployment:
        deployment.conf("[server]\ntopic = new\nserver = taken\nendpoints = echo\n")
        other = deployment.start()
        deployment.conf(PROBE + "[endpoint:probe]\nword = old\n")
        host = deployment.start()
        deployment.conf("[server:b]\ntopic = new\nserver = taken\nendpoints = echo\n" +
                        PROBE + "[endpoint:probe]\nword = new\n")
        has_in(host.reload(), "refused")
        has_in(host.log(), "[server:b]", "taken")
        assert word(deployment) == "old"
        host.stop()
        assert deployment.call("new", "echo", "arg=x") == "x"
        other.stop()


@test
def file_is_gone():
    """Refused: the config file was removed"""
    with Deployment() as deployment:
        deployment.conf(PROBE)
        host = deployment.start()
        os.remove(deployment.path("ostlerd.conf"))
        has_in(host.reload(), "refused")
        has_in(host.log(), deployment.path("ostlerd.conf"))
        assert word(deployment) == "none"
        host.stop()


@test
def reset_by_request():
    """control.reset does as SIGHUP does"""
    with Deployment() as deployment:
        deployment.conf(PROBE)
        host = deployment.start()
        deployment.conf(PROBE + "[endpoint:probe]\nword = asked\n")
        assert deployment.call("demo", "reset", namespace="control", api_version="2.0") is None
        host.wait_notify("READY=1")
        assert word(deployment) == "asked"
        host.stop()


@test
def calls_go_on():
    """No call fails while the configuration is reloaded many times"""
    with Deployment() as deployment:
        deployment.conf(PROBE)
        host = deployment.start()
        calls = deployment.begin_bench("demo", 3000)
        rounds = 0
        while calls.poll() is None and rounds < 50:
            deployment.conf(PROBE + "[endpoint:probe]\nword = w%d\n" % rounds)
            host.reload()
            rounds += 1
        report = result_of(calls)
        assert report["errors"] == 0 and report["calls"] == 3000, report
        assert rounds > 0
        host.stop()


main()
