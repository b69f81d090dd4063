# SPDX-License-Identifier: Apache-2.0
"""Hosts with listeners: what their endpoints have written down."""

import collections
import json
import os

from host_support import Deployment, await_true, module

SERVER = "[server]\ntopic = demo\nserver = node1\nendpoints = echo, control, %s\n" % module("emitter")
LISTENER = "[listener]\ntransport_url = fake:\nendpoints = %s\n" % module("taker1")


class Taken(collections.namedtuple("Taken", "build word event count")):
    """What a taker has written down of one notification."""


class Listening(Deployment):
    """A deployment whose takers write to one file."""

    def taker(self, **options):
        """The section of the takers."""
        lines = ["%s = %s" % item for item in options.items()]
        return "\n".join(["[endpoint:%s]\npath = %s\n%s" % (name, self.path("taken"), "\n".join(lines))
                          for name in ("taker", "other_taker")])

    def begin(self, listeners=LISTENER, **options):
        self.conf(SERVER + listeners + self.taker(**options))
        return self.start()

    def change(self, host, listeners=LISTENER, **options):
        """Another configuration, taken."""
        self.conf(SERVER + listeners + self.taker(**options))
        status = host.reload()
        assert "refused" not in status, host.log()
        return status

    def emit(self, count, *arguments):
        return self.call("demo", "emit", "count:=%d" % count, *arguments, namespace="emitter")

    def taken(self):
        try:
            with open(self.path("taken"), encoding="utf-8") as file:
                text = file.read()
            # The last line may be half written.
            return [Taken(*line.split()) for line in text[:text.rfind("\n") + 1].splitlines()]
        except FileNotFoundError:
            return []

    def await_taken(self, count):
        """All of them, and not one more."""
        await_true("%d notifications are taken" % count, lambda: len(self.taken()) >= count)
        taken = self.taken()
        assert len(taken) == count, taken
        return taken


def events(taken):
    return sorted(each.event for each in taken)


def whole(path):
    """Whether the last line is there to its end."""
    with open(path, "rb") as file:
        text = file.read()
    return text == b"" or text.endswith(b"\n")


def lines_so_far(path):
    """The objects of a file that is being written: without what comes after the last end of a line."""
    with open(path, "rb") as file:
        return [json.loads(line) for line in file.read().split(b"\n")[:-1]]


def lines(path):
    assert whole(path), "a line is torn"
    return lines_so_far(path)


def await_lines(path, count):
    await_true("%d lines in %s" % (count, path), lambda: os.path.exists(path) and
               open(path, "rb").read().count(b"\n") >= count)
    got = lines(path)
    assert len(got) == count, got
    return sorted(line["event_type"] for line in got)


def control(deployment, method):
    return deployment.call("demo", method, namespace="control", api_version="2.0")
