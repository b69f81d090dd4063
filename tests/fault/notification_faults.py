# SPDX-License-Identifier: Apache-2.0
"""Brokers and listeners that die with notifications under way: what was accepted is handled."""

import json
import re

import fault_support as fault
from fault_support import Deployment, broker, test
from notes import Listener, Notes

DURABLE = "?amqp_durable_queues=true&rabbit_interval_max=1&rabbit_retry_backoff=0"
COUNT = 100000
KILLS = 3


def deployment(brokers):
    made = Deployment()
    made.url = brokers.url + DURABLE
    return made


def ended(notes, count):
    """Until so many emissions have ended."""
    def reached():
        return any(int(line[6:]) >= count for line in notes.lines if line.startswith("ended "))
    with notes.changed:
        notes.changed.wait_for(lambda: reached() or notes.ended, 4 * fault.LIMIT)
        assert reached(), notes.lines[-3:]


def accepted(lines):
    return {int(line[9:]) for line in lines if line.startswith("accepted ")}


def ids(lines):
    return [int(found.group(1)) for found in (re.search(r'"id":(\d+)', line) for line in lines) if found]


def await_handled(listener, wanted, before=()):
    """Until all of these are among what it, or who came before, handled."""
    missing = set(wanted) - set(before)
    at = 0
    with listener.changed:
        while missing:
            missing -= set(ids(listener.lines[at:]))
            at = len(listener.lines)
            if missing:
                assert listener.changed.wait(2 * fault.LIMIT), \
                    "%d accepted and never handled, such as %d" % (len(missing), min(missing))


def storm(threads):
    with broker.Brokers() as brokers, deployment(brokers) as made:
        listener = None
        emitter = Notes(made, made.url, "flood", "storm", str(COUNT), str(threads))
        # That the queue is there, the broker has in memory for some seconds before it is on its disk.
        ended(emitter, 1000)
        brokers.nodes[0].eval("mnesia:sync_log().")
        for number in range(KILLS):
            ended(emitter, (number + 1) * COUNT // (KILLS + 1))
            brokers.nodes[0].kill()
            brokers.nodes[0].start()
            # The first time nobody has taken anything: all of it is on the broker's disk, in a queue that the sender made.
            listener = listener or Listener(made, made.url, "storm", threads=4)
        good = accepted(emitter.finish(4 * fault.LIMIT))
        # They are sent again until they are confirmed, so that all should have been.
        assert len(good) == COUNT, "only %d were accepted" % len(good)
        await_handled(listener, good)
        seen = ids(listener.finish())
        print("# %d accepted, %d handled, %d of them again" % (len(good), len(set(seen)), len(seen) - len(set(seen))))


@test
def broker_killed_again_and_again():
    """of 100,000 notifications through a broker that is killed three times every accepted one is handled"""
    storm(64)


@test
def broker_killed_and_nobody_waits():
    """so is every accepted one of 100,000 that one thread emits without waiting for each"""
    storm(0)


@test
def listeners_killed_in_work():
    """listeners that are killed in mid-work lose nothing; the next ones get it"""
    count = 3000
    with broker.Brokers() as brokers, deployment(brokers) as made:
        emitter = Notes(made, made.url, "flood", "work", str(count), "16")
        before = []
        for number in range(4):
            doomed = Listener(made, made.url, "work", threads=8, slow=1, requeue=3)
            doomed.wait(200)
            before += [line for line in doomed.kill() if '"requeued":false' in line]
        good = accepted(emitter.finish())
        assert len(good) == count
        last = Listener(made, made.url, "work", threads=8)
        await_handled(last, good, ids(before))
        last.finish()


@test
def batches_killed_in_work():
    """a batch that nobody has finished comes again whole"""
    with broker.Brokers() as brokers, deployment(brokers) as made:
        doomed = Listener(made, made.url, "batch", batch_size=50, threads=1, slow=60000)
        emitter = Notes(made, made.url, "flood", "batch", "50", "4")
        good = accepted(emitter.finish())
        assert len(good) == 50
        assert len(doomed.kill()) == 1, "it should not have come to an end"
        heir = Listener(made, made.url, "batch", batch_size=50, batch_timeout=5)
        await_handled(heir, good)
        assert {json.loads(line)["batch"] for line in heir.finish()[1:]} <= set(range(1, 51))


if __name__ == "__main__":
    fault.main()
