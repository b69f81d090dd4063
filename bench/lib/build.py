# SPDX-License-Identifier: Apache-2.0
"""The build that is measured: optimised, in a folder of its own, and installed below it as a deployment would be."""
import os
import subprocess

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Build:
    """Where the programs are. A prefix tells an installed ostlerd from one that lies in its build folder."""

    def __init__(self, folder, prefix=None):
        self.folder, self.prefix = folder, prefix

    def bench(self, name):
        return os.path.join(self.folder, "bench", name)

    def has(self, name):
        return os.path.exists(self.bench(name))

    @property
    def endpoint(self):
        return os.path.join(self.folder, "bench/.libs/echo.so")

    @property
    def ostlerd(self):
        return os.path.join(self.prefix, "bin/ostlerd") if self.prefix else os.path.join(self.folder, "ostlerd")

    def environment(self):
        parts = ("plugins/transports", "plugins/matchmakers", "endpoints")
        return dict(os.environ, OSTLER_PLUGIN_PATH=":".join(os.path.join(self.folder, part, ".libs") for part in parts))


def make(folder):
    """Builds and installs into @p folder whatever is not up to date."""
    os.makedirs(folder, exist_ok=True)
    prefix = os.path.join(folder, "prefix")
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    if not os.path.exists(os.path.join(SOURCE, "configure")):
        subprocess.run(["autoreconf", "-fi"], cwd=SOURCE, **quiet)
    if not os.path.exists(os.path.join(folder, "config.status")):
        subprocess.run([os.path.join(SOURCE, "configure"), "--disable-tests", "--disable-static", "CFLAGS=-O2 -g",
                        "--prefix=" + prefix], cwd=folder, **quiet)
    subprocess.run(["make", "-s", "-j%d" % (os.cpu_count() or 2)], cwd=folder, **quiet)
    subprocess.run(["make", "-s", "install"], cwd=folder, stderr=subprocess.DEVNULL, **quiet)
    return Build(folder, prefix)
