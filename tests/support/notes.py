# SPDX-License-Identifier: Apache-2.0
"""The program tests/fault/notes: notifiers and listeners in C, as processes."""

import json
import os
import signal
import subprocess
import threading

from host_support import BUILD, LIMIT

PROGRAM = os.path.join(BUILD, "tests/fault/notes")


class Notes:
    """One process of it; its lines as they come."""

    def __init__(self, made, url, *words):
        self.process = subprocess.Popen([PROGRAM, url, *words], env=made.environment(), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        made.processes.append(self.process)
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, count, limit=LIMIT):
        """The first so many lines, or more."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.lines) >= count or self.ended, limit)
            assert len(self.lines) >= count, "only %d of %d lines: %r" % (len(self.lines), count, self.lines[-3:])
            return list(self.lines)

    def finish(self, limit=LIMIT):
        """Ends its input and waits; all its lines."""
        self.process.stdin.close()
        assert self.process.wait(limit) == 0, "ended with %d: %r" % (self.process.returncode, self.lines[-3:])
        self.reader.join(LIMIT)
        return self.lines

    def kill(self):
        """As a crash would; the lines it had printed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.reader.join(LIMIT)
        return self.lines


class Listener(Notes):
    """What was handled, as objects; `options` as the program's."""

    def __init__(self, made, url, *topics, **options):
        super().__init__(made, url, "listen", ",".join(topics), json.dumps(options))
        with self.changed:
            self.changed.wait_for(lambda: "ready" in self.lines or self.ended, 3 * LIMIT)
            # Others may have been faster; it is the first one from here on.
            self.lines.remove("ready")
            self.lines.insert(0, "ready")

    def handled(self, count, limit=LIMIT):
        return [json.loads(line) for line in self.wait(count + 1, limit)[1:]]


class Emitter(Notes):
    def __init__(self, made, url, driver, *topics):
        super().__init__(made, url, "emit", ",".join(topics), driver)

    def emit(self, priority, event_type, payload=None, context=None, publisher_id="c.host"):
        """Emits one, which must be accepted."""
        seen = len(self.lines)
        self.process.stdin.write(json.dumps({"priority": priority, "event_type": event_type, "payload": payload,
                                             "context": context or {}, "publisher_id": publisher_id}) + "\n")
        self.process.stdin.flush()
        line = self.wait(seen + 1)[seen]
        assert line.startswith("OK") or line.startswith("OSTLER_OK"), line
