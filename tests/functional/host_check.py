# SPDX-License-Identifier: Apache-2.0
"""ostlerd --check: every finding, nothing done."""

import os

from host_support import Deployment, has_in, main, module, test

SERVER = "[server]\ntopic = demo\nserver = node1\nendpoints = echo, control\n"


def check(deployment, *arguments):
    done = deployment.run("--check", "--config-file", deployment.path("ostlerd.conf"), *arguments)
    return done.returncode, done.stdout


@test
def good():
    """A good configuration is 0"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        code, output = check(deployment)
        assert code == 0, output
        has_in(output, "good", "1 server")


@test
def listens_on_nothing():
    """A check beside a running host disturbs nothing and opens no endpoint"""
    with Deployment() as deployment:
        deployment.conf(SERVER.replace("echo", "echo, " + module("probe1")))
        host = deployment.start()
        deployment.conf(SERVER.replace("echo", "echo, " + module("probe1")) + "[endpoint:probe]\nfail_open = true\n")
        code, output = check(deployment)
        assert code == 0, output
        assert deployment.call("demo", "echo", "arg=x") == "x"
        host.stop()


@test
def all_findings():
    """All findings are reported at once, each with its line"""
    with Deployment() as deployment:
        path = deployment.conf("[server]\n"                                       # 4
                               "endpoints = echo, ghost\n"                       # 5
                               "topik = demo\n"                                  # 6
                               "transport_url = carrier-pigeon://coop\n"         # 7
                               "[server:two]\n"                                  # 8
                               "topic = two\n"                                   # 9
                               "endpoints = %s\n"                                # 10
                               "[endpoint:probe]\n"                              # 11
                               "wrod = x\n"                                      # 12
                               "fail_open = perhaps\n"                           # 13
                               "fail_reset = no way\n"                           # 14
                               "[endpoint:nobody]\n"                             # 15
                               "a = b\n" % module("probe1"))                     # 16
        code, output = check(deployment)
        assert code == 2, output
        has_in(output, "[server] topic: a server needs a topic", path + ":5: [server] endpoints", "ghost",
               path + ":6", "topik", "\"topic\"", path + ":7: [server] transport_url", "carrier-pigeon",
               path + ":12", "wrod", "\"word\"", path + ":13", "perhaps", path + ":14", "no way", path + ":16")


@test
def core_findings():
    """Several wrong values in the core's own options"""
    with Deployment() as deployment:
        path = deployment.conf(SERVER + "executor_thread_pool_size = many\n", "debug = maybe")
        code, output = check(deployment)
        assert code == 2, output
        has_in(output, path + ":3", "maybe", path + ":8", "many")


@test
def several_files():
    """Findings in several files"""
    with Deployment() as deployment:
        deployment.conf("nonsense\n")
        other = deployment.write("other.conf", "also nonsense\n")
        code, output = check(deployment, "--config-file", other, "--config-dir", deployment.path("none"))
        assert code == 2, output
        has_in(output, deployment.path("ostlerd.conf") + ":4", other + ":1", deployment.path("none"))


@test
def wrong_module():
    """A module of another kind"""
    with Deployment() as deployment:
        driver = os.path.join(os.path.dirname(module("echo")), "../../plugins/transports/.libs/nanomsg.so")
        deployment.conf("[server]\ntopic = demo\nendpoints = %s\n" % driver)
        code, output = check(deployment)
        assert code == 2, output
        has_in(output, "nanomsg.so", "transport")


@test
def executor_and_policy():
    """An executor and a policy that are not there"""
    with Deployment() as deployment:
        path = deployment.conf(SERVER + "executor = warp\naccess_policy = anarchy\n")
        code, output = check(deployment)
        assert code == 2, output
        has_in(output, path + ":8", "warp", path + ":9", "anarchy")


@test
def bad_url_option():
    """An option in the transport URL that the driver does not have"""
    with Deployment() as deployment:
        path = deployment.conf(SERVER + "transport_url = %s?nosuch=1\n" % deployment.url)
        code, output = check(deployment)
        assert code == 2, output
        has_in(output, path + ":8", "nosuch")


@test
def secrets():
    """No password in any finding"""
    with Deployment() as deployment:
        deployment.conf(SERVER + "transport_url = carrier-pigeon://user:hidden@coop/\n")
        code, output = check(deployment)
        assert code == 2 and "hidden" not in output, output


main()
