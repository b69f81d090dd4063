# SPDX-License-Identifier: Apache-2.0
"""Notifications over nanomsg whose sender does not wait, while the listeners of a pool stop, start and are killed."""

import os
import re
import sys

sys.dont_write_bytecode = True
_TESTS = os.path.join(os.environ.get("OSTLER_SRCDIR", os.path.join(os.path.dirname(__file__), "..", "..")), "tests")
sys.path[:0] = [os.path.join(_TESTS, part) for part in ("functional", "support")]

import host_support  # noqa: E402
from host_support import LIMIT, Deployment, test  # noqa: E402
from notes import Listener, Notes  # noqa: E402

COUNT = 30000
CHANGES = 5


def ended(notes, count):
    """Until so many have ended."""
    def reached():
        return any(int(line[6:]) >= count for line in notes.lines if line.startswith("ended "))
    with notes.changed:
        notes.changed.wait_for(lambda: reached() or notes.ended, 4 * LIMIT)
        assert reached(), notes.lines[-3:]


def ids(lines):
    return [int(found.group(1)) for found in (re.search(r'"id":(\d+)', line) for line in lines) if found]


def flow(leave):
    """Emits to a pool of two, the older of which is replaced now and then. Returns what was accepted and what was handled."""
    with Deployment() as made:
        members = [Listener(made, made.url, "flow", pool="p", threads=4) for _ in range(2)]
        emitter = Notes(made, made.url, "flood", "flow", str(COUNT), "0")
        handled = []
        for number in range(CHANGES):
            ended(emitter, (number + 1) * COUNT // (CHANGES + 1))
            handled += ids(leave(members.pop(0)))
            members.append(Listener(made, made.url, "flow", pool="p", threads=4))
        lines = emitter.finish(4 * LIMIT)
        for member in members:
            handled += ids(member.finish())
    return {int(line[9:]) for line in lines if line.startswith("accepted ")}, handled


@test
def listeners_stop_and_start():
    """30,000 that nobody waits for are accepted and handled while the listeners of their pool stop and start"""
    accepted, handled = flow(Listener.finish)
    assert len(accepted) == COUNT, "only %d were accepted" % len(accepted)
    missing = accepted - set(handled)
    assert not missing, "%d accepted and never handled, such as %d" % (len(missing), min(missing))
    print("# %d of them were handled again" % (len(handled) - len(set(handled))))


@test
def listeners_are_killed():
    """when they are killed every one is accepted in the end, by another one if need be"""
    accepted, handled = flow(Listener.kill)
    assert len(accepted) == COUNT, "only %d were accepted" % len(accepted)
    print("# %d were gone with those that were killed, %d were handled again"
          % (len(accepted - set(handled)), len(handled) - len(set(handled))))


if __name__ == "__main__":
    host_support.main()
