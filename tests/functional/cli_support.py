# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: a scratch folder, servers to talk to, running the command, TAP."""
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = os.environ["OSTLER_BUILDDIR"]
SOURCE = os.environ["OSTLER_SRCDIR"]
OSTLER = os.path.join(BUILD, "ostler")
OSTLERD = os.path.join(BUILD, "ostlerd")
# How long anything may take that ends by itself: long, for a slow machine.
PATIENCE = 120


class Skip(Exception):
    """Says why a test cannot run here."""


class Result:
    """How the command ended and what it wrote."""

    def __init__(self, exit_code, out, err):
        self.exit_code, self.out, self.err = exit_code, out, err

    def __repr__(self):
        return "exit code %s, stdout %.400r, stderr %.800r" % (self.exit_code, self.out, self.err)

    @property
    def value(self):
        return json.loads(self.out)


class Scratch:
    """A folder that goes away, with the servers that were started in it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="ostler-cli-")
        self.url = "nanomsg://" + self.path + "/s"
        self.hosts = []

    def file(self, name, content):
        path = os.path.join(self.path, name)
        with open(path, "wb") as stream:
            stream.write(content if isinstance(content, bytes) else content.encode())
        return path

    def start_host(self, server, topic="demo", url=None):
        """An ostlerd with echo and control that answers."""
        config = self.file(server + ".conf", "[DEFAULT]\ntransport_url = %s\n[server]\ntopic = %s\nserver = %s\n"
                                             "endpoints = echo, control\n" % (url or self.url, topic, server))
        log = open(os.path.join(self.path, server + ".log"), "wb")
        host = subprocess.Popen([OSTLERD, "--config-file", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.hosts.append(host)
        deadline = time.monotonic() + PATIENCE
        while True:
            result = run("--url", url or self.url, "call", topic, "ping", "--namespace", "control", "--api-version",
                         "2.0", "--server", server, "--timeout", "5")
            if result.exit_code == 0:
                return host
            if host.poll() is not None or time.monotonic() > deadline:
                with open(os.path.join(self.path, server + ".log")) as stream:
                    raise AssertionError("%s does not answer: %r\n%s" % (server, result, stream.read()))

    def close(self):
        for host in self.hosts:
            if host.poll() is None:
                host.send_signal(signal.SIGTERM)
        for host in self.hosts:
            try:
                host.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                host.kill()
                host.wait()
        shutil.rmtree(self.path)


def environment(**changes):
    """This process's without what would change the command's mind."""
    result = {name: value for name, value in os.environ.items()
              if name != "OSTLER_URL" and not name.startswith("OS_")}
    result.update(changes)
    return result


def run(*words, env=None, stdin=b"", stdout=subprocess.PIPE):
    """Runs the command to its end."""
    ended = subprocess.run([OSTLER] + list(words), input=stdin, stdout=stdout, stderr=subprocess.PIPE,
                           env=env or environment(), timeout=PATIENCE)
    return Result(ended.returncode, (ended.stdout or b"").decode(), ended.stderr.decode(errors="replace"))


def start(*words, **streams):
    """Starts the command; the caller waits for it."""
    streams.setdefault("stdout", subprocess.PIPE)
    streams.setdefault("stderr", subprocess.PIPE)
    return subprocess.Popen([OSTLER] + list(words), stdin=subprocess.DEVNULL, env=environment(), **streams)


def ended(process):
    """How a started command ended."""
    out, err = process.communicate(timeout=PATIENCE)
    return Result(process.returncode, (out or b"").decode(), (err or b"").decode())


def run_on_terminal(*words):
    """Runs the command with standard output and standard error on a terminal each; returns what they got."""
    out, out_end = pty.openpty()
    err, err_end = pty.openpty()
    process = start(*words, stdout=out_end, stderr=err_end)
    os.close(out_end)
    os.close(err_end)
    texts = [b"", b""]
    for number, terminal in enumerate((out, err)):
        while True:
            try:
                got = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if not got:
                break
            texts[number] += got
        os.close(terminal)
    process.wait(PATIENCE)
    return Result(process.returncode, texts[0].decode(), texts[1].decode())


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def main(tests, *arguments):
    """Runs the functions in order; prints TAP."""
    print("1..%d" % len(tests), flush=True)
    failures = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        try:
            test(*arguments)
            print("ok %d - %s" % (number, name), flush=True)
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (number, name, why), flush=True)
        except Exception:  # any way to fail is a failure of this test only
            failures += 1
            print("not ok %d - %s" % (number, name))
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    sys.exit(1 if failures else 0)
