# SPDX-License-Identifier: Apache-2.0
"""ostlerd: where its log lines go, and what it tells the service manager."""

import os
import re
import signal
import subprocess

from host_support import BUILD, Deployment, Skip, await_true, has_in, main, test

SERVER = "[server]\ntopic = demo\nserver = node1\nendpoints = echo, control\n"
LINE = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \d+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+ .*$"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@test
def lines():
    """Lines on standard error are as oslo.log writes them"""
    with Deployment() as deployment:
        deployment.conf(SERVER, "debug = true")
        host = deployment.start()
        host.stop()
        for line in host.log().splitlines():
            assert re.match(LINE, line), line
        has_in(host.log(), " %d INFO ostlerd ready" % host.process.pid, " DEBUG ")


@test
def one_line_each():
    """A caller's text cannot look like a line of the log"""
    with Deployment() as deployment:
        deployment.conf(SERVER, "debug = true")
        host = deployment.start()
        deployment.try_call("demo", "fail", "module=builtins", "cls=KeyError",
                            "message:=\"gone\\n2026-01-01 00:00:00.000 1 INFO forged line\"")
        host.stop()
        assert not [line for line in host.log().splitlines() if line.startswith("2026-01-01 00:00:00.000 1")]


@test
def file():
    """With log_file they go there, and SIGHUP opens it again"""
    with Deployment() as deployment:
        path = deployment.path("log")
        deployment.conf(SERVER, "log_file = " + path)
        host = deployment.start()
        has_in(read(path), "INFO ostlerd ready")
        os.rename(path, path + ".1")
        host.reload(logged=False)
        has_in(read(path), "configuration reloaded")
        assert "configuration reloaded" not in read(path + ".1")
        os.rename(path, path + ".2")
        deployment.conf(SERVER + "nonsense\n", "log_file = " + path)
        host.reload(logged=False)
        has_in(read(path), "the old one stays in force")
        host.stop()
        has_in(read(path), "stopped")
        assert oct(os.stat(path).st_mode & 0o007) == "0o0"


@test
def file_changes():
    """A new log_file is used from the reload on; without one it is standard error again"""
    with Deployment() as deployment:
        deployment.conf(SERVER, "log_file = " + deployment.path("one"))
        host = deployment.start()
        deployment.conf(SERVER, "log_file = " + deployment.path("two"))
        host.reload(logged=False)
        has_in(read(deployment.path("two")), "configuration reloaded")
        deployment.conf(SERVER)
        host.reload(logged=False)
        host.wait_log("configuration reloaded")
        host.stop()


@test
def journal():
    """Where standard error is the journal, lines carry its priorities"""
    with Deployment() as deployment:
        path = deployment.path("journal")
        with open(path, "w", encoding="utf-8") as stream:
            status = os.fstat(stream.fileno())
            done = subprocess.run([os.path.join(BUILD, "ostlerd"), "--config-file", deployment.path("none")],
                                  env=deployment.environment(
                                      {"JOURNAL_STREAM": "%d:%d" % (status.st_dev, status.st_ino)}),
                                  stderr=stream, timeout=60)
        assert done.returncode == 2
        for line in read(path).splitlines():
            assert re.match(r"^<[2-7]>\S+: ", line), line


@test
def full_disk():
    """A full disk neither blocks nor ends it, and the loss is told"""
    with Deployment() as deployment:
        if not os.path.exists("/dev/full"):
            raise Skip("no /dev/full")
        log = deployment.path("log")
        os.symlink("/dev/full", log)
        deployment.conf(SERVER, "log_file = " + log)
        host = deployment.start()
        assert deployment.call("demo", "echo", "arg=x") == "x"
        os.remove(log)
        host.reload(logged=False)
        has_in(read(log), "log lines before this one could not be written")
        host.stop()


@test
def closed_pipe():
    """A reader that is gone does not end it"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        reader, writer = os.pipe()
        process = subprocess.Popen([os.path.join(BUILD, "ostlerd"), "--config-file", deployment.path("ostlerd.conf")],
                                   env=deployment.environment(), stdin=subprocess.DEVNULL, stderr=writer)
        deployment.processes.append(process)
        os.close(writer)
        os.close(reader)
        await_true("it serves", lambda: deployment.is_served("demo"))
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGUSR1)
        assert deployment.call("demo", "echo", "arg=x") == "x"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


@test
def blocked_pipe():
    """A reader that does not read does not block it"""
    with Deployment() as deployment:
        deployment.conf(SERVER, "debug = true")
        reader, writer = os.pipe()
        process = subprocess.Popen([os.path.join(BUILD, "ostlerd"), "--config-file", deployment.path("ostlerd.conf")],
                                   env=deployment.environment(), stdin=subprocess.DEVNULL, stderr=writer)
        deployment.processes.append(process)
        os.close(writer)
        await_true("it serves", lambda: deployment.is_served("demo"))
        for _ in range(100):
            process.send_signal(signal.SIGUSR1)
            assert deployment.call("demo", "echo", "arg=" + "x" * 2000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        os.close(reader)


@test
def report():
    """SIGUSR1 logs servers, endpoints, counts and transports"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start()
        deployment.call("demo", "echo", "arg=x")
        host.signal(signal.SIGUSR1)
        host.wait_log(r"report transport \{")
        has_in(host.log(), "topic=demo server=node1", "endpoint echo from ", "\"echo\"")
        host.stop()


@test
def watchdog():
    """The service manager gets its signs of life"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start(env={"WATCHDOG_USEC": "200000"})
        for _ in range(3):
            host.wait_notify("WATCHDOG=1")
        host.stop()


@test
def reloading():
    """A reload tells the service manager when it began"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start()
        host.signal(signal.SIGHUP)
        has_in(host.wait_notify("RELOADING=1")[-1], "MONOTONIC_USEC=")
        has_in(host.wait_notify("READY=1")[-1], "STATUS=Serving: 1 server")
        host.stop()


@test
def memory():
    """An idle host is small"""
    with Deployment() as deployment:
        deployment.conf(SERVER)
        host = deployment.start()
        status = read("/proc/%d/status" % host.process.pid)
        kilobytes = int(re.search(r"VmRSS:\s+(\d+)", status).group(1))
        maps = read("/proc/%d/maps" % host.process.pid)
        host.stop()
        print("# %d kB resident" % kilobytes)
        if "libasan" in maps or "libtsan" in maps:
            raise Skip("built with sanitizers")
        assert kilobytes < 10 * 1024, "%d kB" % kilobytes


main()
