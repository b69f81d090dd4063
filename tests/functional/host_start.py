# SPDX-License-Identifier: Apache-2.0
"""ostlerd: starting, and every way not to."""

import os
import socket

from host_support import Deployment, Skip, has_in, main, module, test

SERVER = "[server]\ntopic = demo\nserver = node1\nendpoints = echo, control\n"


@test
def serves():
    """A host that says it is ready answers"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start()
        assert deployment.call("demo", "echo", "arg=hello", api_version="1.1") == "hello"
        assert deployment.call("demo", "ping", namespace="control", api_version="2.0") == "pong"
        assert deployment.call("demo", "sleep", "seconds:=0") == 0
        code, _, messages = deployment.try_call("demo", "fail", "module=builtins", "cls=KeyError", "message=gone")
        assert code == 4
        has_in(messages, "KeyError", "gone")
        code, _, messages = deployment.try_call("demo", "sleep", "seconds:=-1")
        assert code == 4
        has_in(messages, "ValueError")
        host.stop()


@test
def default_name():
    """Without a server name the host's name is taken"""
    with Deployment() as deployment:
        deployment.conf("[server]\ntopic = demo\nendpoints = echo\n")
        host = deployment.start()
        assert deployment.call("demo", "echo", "arg=x", server=socket.gethostname()) == "x"
        host.stop()


@test
def no_url():
    """Without any transport URL there is the default one, for servers and for listeners"""
    with Deployment() as deployment:
        for text in ("[server]\ntopic = demo\nendpoints = echo\n",
                     "[listener]\nendpoints = audit\n[endpoint:audit]\npath = %s\n" % deployment.path("audit"),
                     "[server:a]\ntopic = demo\nendpoints = echo\n[listener:b]\ntopics = t\nendpoints = audit\n"):
            done = deployment.run("--check", "--config-file", deployment.write("ostlerd.conf", text))
            assert done.returncode == 0, done
            has_in(done.stdout, "the configuration is good")


@test
def two_servers():
    """Two servers in one process, on transports of their own"""
    with Deployment() as deployment:
        other = deployment.url + "-b"
        deployment.conf("[server:a]\ntopic = a\nendpoints = echo\n"
                        "[server:b]\ntopic = b\nendpoints = echo, control\nexecutor = blocking\n"
                        "transport_url = " + other + "\n")
        host = deployment.start()
        assert deployment.call("a", "echo", "arg=1") == "1"
        assert deployment.call("b", "echo", "arg=2", url=other) == "2"
        assert not deployment.is_served("b")
        host.stop()


@test
def same_name_in_one_configuration():
    """Two sections that serve the same are an error with file and line"""
    with Deployment() as deployment:
        path = deployment.conf(SERVER + SERVER.replace("[server]", "[server:again]"))
        done = deployment.run("--config-file", path)
        assert done.returncode == 2, done.stderr
        has_in(done.stderr, path + ":9: [server:again] topic", "[server] already serves")


@test
def same_name_in_two_processes():
    """A second server of the same name is refused, the first goes on"""
    with Deployment() as deployment:
        path = deployment.conf(SERVER)
        host = deployment.start()
        done = deployment.run("--config-file", path)
        assert done.returncode == 9, done.stderr
        has_in(done.stderr, "node1", "cannot start")
        assert deployment.call("demo", "echo", "arg=x") == "x"
        host.stop()


@test
def one_of_two_fails():
    """If one server cannot listen the others are stopped again"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start()
        path = deployment.write("second.conf", "[DEFAULT]\ntransport_url = %s\n"
                                "[server:free]\ntopic = free\nendpoints = echo\n%s" % (deployment.url, SERVER))
        assert deployment.run("--config-file", path).returncode == 9
        assert not deployment.is_served("free")
        host.stop()


@test
def nothing_to_serve():
    """A configuration without a server says what to write"""
    with Deployment() as deployment:
        done = deployment.run("--config-file", deployment.conf(""))
        assert done.returncode == 2, done.stderr
        has_in(done.stderr, "no [server] section", "topic = demo", "endpoints = echo, control")


def refused(text, code, *parts, default=""):
    with Deployment() as deployment:
        path = deployment.conf(text, default)
        done = deployment.run("--config-file", path)
        assert done.returncode == code, "%d: %s" % (done.returncode, done.stderr)
        has_in(done.stderr, *(part.replace("FILE", path) for part in parts))


@test
def bad_line():
    """A line that is none: file and line"""
    refused(SERVER + "nonsense\n", 2, "FILE:8")


@test
def bad_type():
    """A value of the wrong type: file, line, option, what was expected"""
    refused(SERVER + "executor_thread_pool_size = many\n", 2, "FILE:8", "executor_thread_pool_size", "many")


@test
def no_topic():
    """A server without a topic"""
    refused("[server]\nendpoints = echo\n", 2, "[server] topic", "topic = demo")


@test
def no_endpoints():
    """A server without endpoints"""
    refused("[server]\ntopic = demo\n", 2, "[server] endpoints")


@test
def endpoint_twice():
    """An endpoint that is listed twice"""
    refused("[server]\ntopic = demo\nendpoints = echo, echo\n", 2, "FILE:6: [server] endpoints", "twice")


@test
def long_name():
    """A topic that is too long"""
    refused("[server]\ntopic = %s\nendpoints = echo\n" % ("x" * 256), 2, "FILE:5: [server] topic", "255")


@test
def listener_section():
    """A section for which there is no use is refused, not ignored"""
    refused(SERVER + "[listener:audit]\ntopics = notifications\n", 2, "FILE:9: [listener:audit]")


@test
def unknown_scheme():
    """An unknown transport"""
    refused(SERVER + "transport_url = carrier-pigeon://coop/\n", 8, "FILE:8: [server] transport_url", "carrier-pigeon")


@test
def wrong_url():
    """A transport URL that does not parse, without its password in the log"""
    with Deployment() as deployment:
        path = deployment.conf(SERVER + "transport_url = rabbit://user:hidden@host:port/\n")
        done = deployment.run("--config-file", path)
        assert done.returncode == 2, done.stderr
        has_in(done.stderr, path + ":8")
        assert "hidden" not in done.stderr, done.stderr


@test
def unknown_endpoint():
    """An endpoint that is not there, and where it was looked for"""
    refused("[server]\ntopic = demo\nendpoints = ghost\n", 1, "FILE:6: [server] endpoints", "ghost")


@test
def unknown_executor():
    """An executor that is not there"""
    refused(SERVER + "executor = warp\n", 8, "FILE:8: [server] executor", "warp")


@test
def unknown_policy():
    """An access policy that is not there"""
    refused(SERVER + "access_policy = anarchy\n", 1, "FILE:8: [server] access_policy", "anarchy")


@test
def endpoint_does_not_open():
    """An endpoint that fails in open: its reason, and nothing is served"""
    with Deployment() as deployment:
        deployment.conf("[server:a]\ntopic = a\nendpoints = echo\n"
                        "[server:b]\ntopic = b\nendpoints = %s\n[endpoint:probe]\nfail_open = true\n" % module("probe1"))
        done = deployment.run("--config-file", deployment.path("ostlerd.conf"))
        assert done.returncode == 1, done.stderr
        has_in(done.stderr, "[server:b]", "the probe does not open")
        assert not deployment.is_served("a")


@test
def folder_not_to_be_had():
    """A socket folder that cannot be made"""
    with Deployment() as deployment:
        file = deployment.write("file", "")
        path = deployment.conf(SERVER + "transport_url = nanomsg://%s/run\n" % file)
        done = deployment.run("--config-file", path)
        assert done.returncode not in (0, 2), done.stderr
        has_in(done.stderr, file)


@test
def folder_not_writable():
    """A socket folder without the right to write"""
    if os.geteuid() == 0:
        raise Skip("the superuser may write anywhere")
    with Deployment() as deployment:
        os.mkdir(deployment.path("run"), 0o500)
        done = deployment.run("--config-file", deployment.conf(SERVER))
        assert done.returncode not in (0, 2), done.stderr
        has_in(done.stderr, deployment.path("run"))


@test
def missing_file():
    """A config file that is not there"""
    with Deployment() as deployment:
        done = deployment.run("--config-file", deployment.path("none.conf"))
        assert done.returncode == 2, done.stderr
        has_in(done.stderr, deployment.path("none.conf"))


@test
def usual_places():
    """Without --config-file the usual places are read, in their order"""
    with Deployment() as deployment:
        os.mkdir(deployment.path(".ostler"))
        deployment.write(".ostler/ostlerd.conf", "[DEFAULT]\ntransport_url = %s\n%s" % (deployment.url, SERVER))
        deployment.write("ostlerd.conf", "not read\n")
        os.mkdir(deployment.path("more"))
        deployment.write("more/a.conf", "[server]\ntopic = later\n")
        host = deployment.start("--config-dir", deployment.path("more"))
        assert deployment.call("later", "echo", "arg=x") == "x"
        host.stop()


@test
def environment():
    """The environment wins over files"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start(env={"OS_SERVER__TOPIC": "else"})
        assert deployment.call("else", "echo", "arg=x") == "x"
        host.stop()


@test
def usage():
    """Wrong usage is 2, version and help are 0"""
    with Deployment() as deployment:
        for arguments in (["--nonsense"], ["operand"], ["--config-file"]):
            done = deployment.run(*arguments)
            assert done.returncode == 2 and "Usage" in done.stderr and done.stdout == "", (arguments, done)
        done = deployment.run("--version")
        assert done.returncode == 0 and done.stdout.startswith("ostlerd "), done
        done = deployment.run("--help")
        assert done.returncode == 0 and "--config-file" in done.stdout, done


main()
