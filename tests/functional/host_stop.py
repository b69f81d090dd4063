# SPDX-License-Identifier: Apache-2.0
"""ostlerd: the end, in all its ways."""

import signal

from host_support import Deployment, has_in, main, module, result_of, test

SERVER = "[server]\ntopic = demo\nserver = node1\nendpoints = echo, control, %s\n"


def probed(deployment, default=""):
    deployment.conf(SERVER % module("probe1"), default)
    return deployment.start()


@test
def terminate_idle():
    """SIGTERM ends an idle host with 0, after it has said so"""
    with Deployment() as deployment:
        host = probed(deployment)
        host.signal(signal.SIGTERM)
        host.wait_notify("STOPPING=1")
        assert host.wait() == 0
        has_in(host.log(), "build 1 ended", "ostlerd stopped")


@test
def interrupt_idle():
    """SIGINT too"""
    with Deployment() as deployment:
        host = probed(deployment)
        host.signal(signal.SIGINT)
        assert host.wait() == 0


@test
def requests_in_flight():
    """A request in flight is answered, a new one is not taken"""
    with Deployment() as deployment:
        host = probed(deployment)
        call = deployment.begin_call("demo", "sleep_here", "seconds:=3", namespace="probe")
        host.wait_log("build 1 sleeps")
        held = deployment.begin_hold()
        host.signal(signal.SIGTERM)
        host.wait_notify("STOPPING=1")
        assert result_of(call) == "1"
        assert held.poll() is None
        assert not deployment.is_served("demo")
        held.kill()
        host.signal(signal.SIGTERM)
        host.wait()


@test
def stops_by_request():
    """control.stop does as SIGTERM does"""
    with Deployment() as deployment:
        host = probed(deployment)
        assert deployment.call("demo", "stop", namespace="control", api_version="2.0") is None
        assert host.wait() == 0


@test
def graceful_time_passes():
    """At the end of graceful_shutdown_timeout requests are abandoned: 1, and a log line that counts them"""
    with Deployment() as deployment:
        host = probed(deployment, "graceful_shutdown_timeout = 1")
        call = deployment.begin_hold()
        host.signal(signal.SIGTERM)
        assert host.wait() == 1
        has_in(host.log(), "1 ", "requests were abandoned")
        call.kill()


@test
def told_twice():
    """A second SIGTERM ends it at once"""
    with Deployment() as deployment:
        host = probed(deployment)
        call = deployment.begin_hold()
        host.signal(signal.SIGTERM)
        host.wait_notify("STOPPING=1")
        host.signal(signal.SIGTERM)
        assert host.wait() == 1
        has_in(host.log(), "told twice to stop")
        call.kill()


@test
def request_then_signal():
    """A SIGTERM after control.stop is the first, not the second"""
    with Deployment() as deployment:
        host = probed(deployment)
        call = deployment.begin_call("demo", "sleep_here", "seconds:=3", namespace="probe")
        host.wait_log("build 1 sleeps")
        held = deployment.begin_hold()
        deployment.call("demo", "stop", namespace="control", api_version="2.0")
        host.wait_notify("STOPPING=1")
        host.signal(signal.SIGTERM)
        assert result_of(call) == "1"
        assert host.process.poll() is None
        host.signal(signal.SIGINT)
        assert host.wait() == 1
        held.kill()


@test
def fails_at_its_end():
    """An endpoint that fails in fini is heard and stops nobody"""
    with Deployment() as deployment:
        deployment.conf(SERVER % module("probe1") + "[endpoint:probe]\nfail_fini = true\n")
        host = deployment.start()
        host.stop()
        has_in(host.log(), "ERROR probe build 1 failed to end well")


@test
def killed_and_back():
    """A host that was killed leaves nothing that keeps the next one from starting"""
    with Deployment() as deployment:
        host = probed(deployment)
        host.process.kill()
        host.wait()
        again = deployment.start()
        assert deployment.call("demo", "echo", "arg=x") == "x"
        again.stop()


main()
