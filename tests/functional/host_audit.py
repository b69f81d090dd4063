# SPDX-License-Identifier: Apache-2.0
"""ostlerd's listeners under load, and the endpoint audit: over the transports `fake` and `nanomsg`, or over that of
$OSTLER_TEST_URL. An endpoint of a server in the same process emits."""

import itertools
import os
import resource
import signal

from host_support import Skip, await_true, has_in, main, module, result_of, test
from listener_support import SERVER, Listening, await_lines, control, events, lines, lines_so_far, whole

AUDIT = "[listener]\ntransport_url = %s\ntopics = %s\nendpoints = audit\nallow_requeue = true\n[endpoint:audit]\npath = %s\n"
TAKER = "[listener]\ntransport_url = %%s\ntopics = %%s\nendpoints = %s\n" % module("taker1")
numbers = itertools.count()


class Place(Listening):
    """A deployment with a topic of its own on one of the transports."""

    def __init__(self, name):
        super().__init__()
        self.notes = {"fake": "fake:", "nanomsg": "nanomsg://%s/notes" % self.folder}.get(name, name)
        self.topic = "t%d-%d" % (os.getpid(), next(numbers))

    def audit(self, path):
        """The configuration of an audit that writes there."""
        self.conf(SERVER + AUDIT % (self.notes, self.topic, path))

    def taker_with(self, more="", **options):
        self.conf(SERVER + TAKER % (self.notes, self.topic) + more + self.taker(**options))

    def begin_emit(self, count):
        return self.begin_call("demo", "emit", "count:=%d" % count, "topic=" + self.topic, "url=" + self.notes,
                               namespace="emitter")

    def emit_audits(self, count, event_type="event"):
        self.emit(count, "priority=audit", "event_type=" + event_type, "topic=" + self.topic, "url=" + self.notes)


def everywhere(function):
    """A test for each transport."""
    given = os.environ.get("OSTLER_TEST_URL")
    for name in [given] if given else ["fake", "nanomsg"]:
        def run(name=name):
            with Place(name) as place:
                function(place)
        run.__name__ = "%s_%s" % (function.__name__, name)
        run.__doc__ = "%s: %s" % (name.split(":")[0], function.__doc__)
        test(run)


@everywhere
def storm(place):
    """Nothing is lost and nothing is taken twice while the configuration changes many times"""
    count = 20000 if place.notes == "fake:" else 5000
    place.taker_with()
    host = place.start()
    call = place.begin_emit(count)
    changes = ("", "allow_requeue = true\n", "batch_size = 7\nbatch_timeout = 0.05\n", "executor = blocking\n",
               "executor_thread_pool_size = 3\n", "topics = more, %s\n" % place.topic, "batch_size = 0\n")
    rounds = 0
    while call.poll() is None or rounds < 2 * len(changes):
        text = changes[rounds % len(changes)]
        place.taker_with(text, word="w%d" % rounds)
        status = host.reload()
        assert ("refused" in status) == (text == "batch_size = 0\n"), (text, status)
        assert len(control(place, "stats")["listeners"]) == 1
        rounds += 1
    assert result_of(call) is None
    taken = place.await_taken(count)
    assert len(set(events(taken))) == count
    host.stop()
    assert len(place.taken()) == count


@everywhere
def stopped_under_load(place):
    """SIGTERM under load: what the sender was told is accepted has been handled, or is handled by the next host"""
    if place.notes == "fake:":
        raise Skip("what is in a process ends with it")
    place.conf(SERVER)
    sender = place.start()
    place.write("listener.conf", TAKER % (place.notes, place.topic) + "batch_size = 10\nbatch_timeout = 0.1\n" +
                place.taker(seconds=0.01))
    call = place.begin_emit(1000)
    for _ in range(3):
        before = len(place.taken())
        host = place.start("--config-file", place.path("listener.conf"))
        await_true("it takes some", lambda at=before: len(place.taken()) > at or call.poll() is not None)
        host.stop()
    host = place.start("--config-file", place.path("listener.conf"))
    assert result_of(call) is None
    assert len(set(events(place.await_taken(1000)))) == 1000
    host.stop()
    sender.stop()


@everywhere
def audit_rotates(place):
    """audit: rename the file, SIGHUP, and it writes to a new one"""
    path = place.path("audit.jsonl")
    place.audit(path)
    host = place.start()
    place.emit_audits(3, "old")
    assert await_lines(path, 3) == ["old.0", "old.1", "old.2"]
    os.rename(path, path + ".1")
    place.emit_audits(1, "between")
    await_lines(path + ".1", 4)
    host.reload()
    place.emit_audits(2, "new")
    assert await_lines(path, 2) == ["new.0", "new.1"]
    assert len(lines(path + ".1")) == 4
    host.stop()


@everywhere
def audit_rotates_under_load(place):
    """audit: rotated again and again while notifications come, each one is in one of the files once"""
    path, files = place.path("audit.jsonl"), []
    place.audit(path)
    host = place.start()
    call = place.begin_call("demo", "emit", "count:=2000", "priority=audit", "topic=" + place.topic,
                            "url=" + place.notes, namespace="emitter")
    while call.poll() is None or len(files) < 5:
        files.append("%s.%d" % (path, len(files)))
        os.rename(path, files[-1])
        host.reload()
        await_true("there is a new file", lambda: os.path.exists(path))
    assert result_of(call) is None
    files.append(path)

    await_true("all are there", lambda: sum(len(lines_so_far(file)) for file in files) >= 2000)
    seen = [line["event_type"] for file in files for line in lines(file)]
    assert sorted(seen) == sorted("event.%d" % number for number in range(2000))
    host.stop()


@everywhere
def audit_on_a_full_disk(place):
    """audit: what cannot be written to a full disk is written when there is room, every notification once"""
    path = place.path("audit.jsonl")
    place.audit(path)
    host = place.start()
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
    place.emit_audits(40)
    host.wait_log("ERROR audit .*cannot be written")
    await_true("what did not fit is taken back", lambda: whole(path))
    assert 0 < open(path, "rb").read().count(b"\n") < 40
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert await_lines(path, 40) == sorted("event.%d" % number for number in range(40))
    host.wait_log("can be written again")
    host.stop()
    assert len(lines(path)) == 40


@everywhere
def audit_moves_to_another_disk(place):
    """audit: a full device is left for a file, and nothing is lost"""
    path = place.path("audit.jsonl")
    place.audit("/dev/full")
    host = place.start()
    place.emit_audits(5)
    host.wait_log("ERROR audit .*No space left")
    place.audit(path)
    host.reload()
    assert await_lines(path, 5) == ["event.%d" % number for number in range(5)]
    host.stop()


@everywhere
def audit_stopped_on_a_full_disk(place):
    """audit: a host that ends on a full disk gives back what it could not write, to those who keep it"""
    path = place.path("audit.jsonl")
    place.audit("/dev/full")
    host = place.start()
    place.emit_audits(5)
    host.wait_log("ERROR audit .*No space left")
    host.signal(signal.SIGTERM)
    assert host.wait() == 0, host.log()
    place.audit(path)
    host = place.start()
    if place.notes.startswith("rabbit"):
        assert await_lines(path, 5) == ["event.%d" % number for number in range(5)]
    host.stop()


@everywhere
def audit_without_a_file(place):
    """audit: a file that cannot be opened refuses the configuration"""
    place.audit("")
    host = place.start(ready=False)
    assert host.wait() == 2
    has_in(host.log(), "[listener]", "[endpoint:audit] path")
    place.audit(place.path("audit.jsonl"))
    host = place.start()
    place.audit(place.path("none/audit.jsonl"))
    has_in(host.reload(), "refused")
    place.emit_audits(1)
    await_lines(place.path("audit.jsonl"), 1)
    host.stop()


main()
