# SPDX-License-Identifier: Apache-2.0
"""What the two commands share: options, the surroundings of contestants, and an orderly end."""
import contextlib
import fnmatch
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from . import build
from .build import SOURCE
from .contestants import Surroundings
from .services import Services


def add_options(parser):
    parser.add_argument("--quick", action="store_true", help="few cases, one short round: under two minutes")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="of each measurement")
    parser.add_argument("--json", metavar="FILE", help="everything that was measured, for other programs")
    parser.add_argument("--svg", metavar="FILE", help="a picture")
    parser.add_argument("--contestants", metavar="PATTERN", action="append", help="only these, such as 'ipc/*'")
    parser.add_argument("--build", metavar="FOLDER", help="measure what is built there instead of building")


def chosen(names, patterns):
    """Those that a pattern names, in their order."""
    return [name for name in names if not patterns or any(fnmatch.fnmatchcase(name, one) for one in patterns)]


def say(text):
    print(text, file=sys.stderr, flush=True)


def missing_packages():
    """Packages of the kind `bench` that are not installed."""
    with open(os.path.join(SOURCE, "scripts/packages"), encoding="ascii") as file:
        wanted = [line.split()[1] for line in file if line.startswith("bench ")]
    if not shutil.which("dpkg-query"):
        return []
    listed = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    return [name for name in wanted if name + " installed" not in listed.splitlines()]


@contextlib.contextmanager
def surroundings(options):
    """The build, a folder and brokers; all of it gone at the end, an interrupted one included."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # even if a shell has it ignored
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    if options.build:
        made = build.Build(os.path.abspath(options.build))
    else:
        say("building")
        try:
            made = build.make(os.path.join(os.environ.get("OSTLER_BUILD_ROOT", SOURCE), "build-bench"))
        except subprocess.CalledProcessError as failure:
            sys.exit("cannot build: %s ended with %d" % (os.path.basename(failure.cmd[0]), failure.returncode))
    folder = tempfile.mkdtemp(prefix="ob.")
    try:
        with Services(folder) as running:
            yield Surroundings(made, running, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
