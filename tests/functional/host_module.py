# SPDX-License-Identifier: Apache-2.0
"""ostlerd: a module whose file is replaced while requests run."""

import os
import shutil

from host_support import Deployment, has_in, main, module, result_of, test


def put(deployment, build):
    """Installs a build as an installer does: beside, then over it."""
    shutil.copy(module(build), deployment.path("probe.so.new"))
    os.rename(deployment.path("probe.so.new"), deployment.path("probe.so"))


def start(deployment):
    put(deployment, "probe1")
    deployment.conf("[server]\ntopic = demo\nendpoints = %s\n" % deployment.path("probe.so"))
    return deployment.start()


def build(deployment):
    return deployment.call("demo", "build", namespace="probe")


@test
def replaced():
    """Requests in flight finish on the old code, new ones run on the new; the old is closed after the last"""
    with Deployment() as deployment:
        host = start(deployment)
        assert build(deployment) == "1"
        call = deployment.begin_call("demo", "sleep_here", "seconds:=3", namespace="probe")
        host.wait_log("build 1 sleeps")
        put(deployment, "probe2")
        assert build(deployment) == "1"
        host.reload()
        assert build(deployment) == "2"
        assert "build 1 ended" not in host.log()
        assert result_of(call) == "1"
        host.wait_log("build 1 ended")
        put(deployment, "probe1")
        host.reload()
        assert build(deployment) == "1"
        host.stop()


@test
def replaced_by_nonsense():
    """A file that is no module any more is refused, the old code goes on"""
    with Deployment() as deployment:
        host = start(deployment)
        deployment.write("probe.so", "this is no module\n")
        has_in(host.reload(), "refused")
        has_in(host.log(), deployment.path("probe.so"))
        assert build(deployment) == "1"
        put(deployment, "probe2")
        host.reload()
        assert build(deployment) == "2"
        host.stop()


@test
def removed():
    """A file that was removed is refused, the old code goes on"""
    with Deployment() as deployment:
        host = start(deployment)
        os.remove(deployment.path("probe.so"))
        has_in(host.reload(), "refused")
        assert build(deployment) == "1"
        host.stop()


@test
def unchanged():
    """A file that has not changed keeps its state"""
    with Deployment() as deployment:
        host = start(deployment)
        host.reload()
        host.reload()
        assert host.log().count("build 1 opened") == 1
        host.stop()


main()
