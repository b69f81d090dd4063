# SPDX-License-Identifier: Apache-2.0
"""The sample config and the manual agree with the option tables."""

import os
import re
import subprocess

from host_support import SOURCE, Deployment, Skip, has_in, main, test


def read(name):
    with open(os.path.join(SOURCE, name), encoding="utf-8") as file:
        return file.read()


def sample():
    with Deployment() as deployment:
        done = deployment.run("--sample-config")
        assert done.returncode == 0, done.stderr
        return done.stdout


def options(text):
    """[(section, option)] of a sample."""
    found, section = [], None
    for line in text.splitlines():
        head = re.match(r"#?\[([^]]+)\]$", line)
        option = re.match(r"#([A-Za-z_][A-Za-z0-9_]*) ?=", line)
        if head:
            section = head.group(1)
        elif option:
            found.append((section, option.group(1)))
    return found


@test
def current():
    """etc/ostlerd.conf.sample is what `make update-sample` makes"""
    now, kept = sample(), read("etc/ostlerd.conf.sample")
    missing = {section for section, _ in options(kept)} - {section for section, _ in options(now)}
    if missing:
        raise Skip("this build leaves out: " + ", ".join(sorted(missing)))
    assert now == kept, "run: make update-sample"


@test
def loads():
    """The sample is a config that parses, and all of it is comments"""
    with Deployment() as deployment:
        deployment.write("ostlerd.conf", sample())
        done = deployment.run("--check", "--config-file", deployment.path("ostlerd.conf"))
        assert done.returncode == 2
        has_in(done.stdout, "no [server] section", "1 error, 0 warnings")


@test
def uncommented():
    """Every option of the sample can be set as it stands there"""
    with Deployment() as deployment:
        text = re.sub(r"^#(\[|[A-Za-z_][A-Za-z0-9_]* = \S)", r"\1", sample(), flags=re.MULTILINE)
        text = re.sub(r"^\[(server|listener|endpoint):.*", r"[unused:x]", text, flags=re.MULTILINE)
        deployment.write("all.conf", text)
        deployment.write("ostlerd.conf", "[DEFAULT]\ntransport_url = %s\n[server]\ntopic = demo\nendpoints = echo\n"
                         "[listener]\nendpoints = audit\ntransport_url = fake:\n" % deployment.url)
        done = deployment.run("--check", "--config-file", deployment.path("all.conf"),
                              "--config-file", deployment.path("ostlerd.conf"))
        assert done.returncode == 0, done.stdout


@test
def manual():
    """ostlerd.conf(5) has the options of the sample"""
    with Deployment() as deployment:
        page = read("doc/man/ostlerd.conf.5")
        copy = deployment.write("page", page)
        subprocess.run(["/usr/bin/python3", os.path.join(SOURCE, "doc/man/update_options.py"), copy],
                       input=read("etc/ostlerd.conf.sample"), text=True, check=True, timeout=60)
        with open(copy, encoding="utf-8") as file:
            assert file.read() == page, "run: make update-sample"
        for section, option in options(read("etc/ostlerd.conf.sample")):
            has_in(page, ".SS [%s]" % section, ".B %s\n" % option)


@test
def demo():
    """etc/demo.conf is good"""
    with Deployment() as deployment:
        done = deployment.run("--check", "--config-file", os.path.join(SOURCE, "etc/demo.conf"),
                              env={"OS_DEFAULT__TRANSPORT_URL": deployment.url})
        assert done.returncode == 0, done.stdout


main()
