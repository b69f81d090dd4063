# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy before a broker that can cut, hold back and forge: what a network and newer brokers do."""

import socket
import struct
import threading
import time


class Proxy:
    """Passes bytes on. Set `cut_after` (bytes from the client on each connection), `cut_once` ((number of a connection,
    "up" or "down", bytes): cuts that one there), `frozen` (connections made so far pass nothing any more, and stay open),
    `trickle` (bytes passed at a time), `passing` (an event: while it is clear nothing passes), `forge` (a function (frame type, channel, payload) of frames from the client; bytes it returns go back to the client
    instead of the frame going on)."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.cut_after = None
        self.cut_once = None
        self.frozen = 0
        self.trickle = None
        self.attempts = []
        self.passed = {}
        self.forge = None
        self.passing = threading.Event()
        self.passing.set()
        self.connections = 0
        self.open = set()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return "rabbit://guest:guest@127.0.0.1:%d/" % self.port

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.attempts.append(time.monotonic())
            number = self.connections - 1
            try:
                broker = socket.create_connection(self.target, 10)
                broker.settimeout(None)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.open |= {client, broker}
            threading.Thread(target=self._up, args=(client, broker, number), daemon=True).start()
            threading.Thread(target=self._down, args=(broker, client, number), daemon=True).start()

    def _end(self, *sockets, reset=False):
        for one in sockets:
            try:
                if reset:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:
                    one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
            with self.lock:
                self.open.discard(one)

    def _limit(self, number, way):
        """How many bytes may pass on this connection, if that is limited."""
        if self.cut_once and self.cut_once[:2] == (number, way):
            return self.cut_once[2]
        return self.cut_after if way == "up" else None

    def _receive(self, source, number):
        got = source.recv(self.trickle or 65536)
        self.passing.wait()
        while number < self.frozen:
            time.sleep(0.1)
            if source.fileno() < 0 or source not in self.open:
                return b""
        return got

    def _up(self, client, broker, number):
        passed, pending, greeted = 0, b"", False
        limit = self._limit(number, "up")
        try:
            while limit is None or limit > 0:
                got = self._receive(client, number)
                limit = self._limit(number, "up")
                if not got or (limit is not None and passed + len(got) >= limit):
                    if got:
                        broker.sendall(got[:limit - passed])
                    break
                passed += len(got)
                self.passed[number, "up"] = passed
                if not self.forge:
                    broker.sendall(got)
                    continue
                pending += got
                if not greeted:
                    broker.sendall(pending[:8])
                    pending, greeted = pending[8:], True
                pending = self._frames(pending, client, broker)
        except OSError:
            pass
        self._end(client, broker)

    def _frames(self, pending, client, broker):
        while len(pending) >= 7:
            kind, channel, size = struct.unpack(">BHI", pending[:7])
            if len(pending) < size + 8:
                break
            frame, pending = pending[:size + 8], pending[size + 8:]
            answer = self.forge(kind, channel, frame[7:-1])
            if answer is None:
                broker.sendall(frame)
            else:
                client.sendall(answer)
        return pending

    def _down(self, broker, client, number):
        passed = 0
        limit = self._limit(number, "down")
        try:
            while limit is None or limit > passed:
                got = self._receive(broker, number)
                if not got:
                    break
                client.sendall(got if limit is None else got[:limit - passed])
                passed += len(got)
                self.passed[number, "down"] = passed
        except OSError:
            pass
        self._end(broker, client)

    def reset(self):
        """Resets every connection."""
        with self.lock:
            sockets = list(self.open)
        for one in sockets:
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.passing.set()
        self.listener.close()
        self.reset()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def close_connection(code, text):
    """connection.close as a frame."""
    words = text.encode()
    payload = struct.pack(">HHHB", 10, 50, code, len(words)) + words + struct.pack(">HH", 50, 10)
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


def refuses_transient_queues(kind, _channel, payload):
    """RabbitMQ 4.3: a queue that is neither durable nor exclusive ends the connection."""
    if kind != 1 or payload[:4] != b"\x00\x32\x00\x0a":
        return None
    flags = payload[7 + payload[6]]
    if flags & 2 or flags & 4:
        return None
    return close_connection(541, "INTERNAL_ERROR - Feature `transient_nonexcl_queues` is deprecated.")
