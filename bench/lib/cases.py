# SPDX-License-Identifier: Apache-2.0
"""What is measured. A case says how calls are made and how large they are; each contestant does it its way."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    kind: str = "call"
    in_flight: int = 1
    threads: int = 1
    clients: int = 1
    servers: int = 1
    topics: int = 1
    pool: int = 64
    payload: int = 300
    part: str = ""  # of notifications: "emit" or "handle"; through a broker the other side is rabbitmq-c for everybody

    @property
    def is_flow(self):
        return self.in_flight > 1

    @property
    def is_unwaited(self):
        """Messages that nobody answers, many of which have been sent and not been accepted yet."""
        return self.kind != "call" and self.is_flow

    @property
    def needs_broker(self):
        """Only a broker stands between a program that emits and another that handles."""
        return self.part == "handle"


PAYLOADS = {"300": 300, "2450": 2450, "11k": 11000, "1M": 1000000}
SIZES = {"300": "300 B", "2450": "2 450 B", "11k": "11 kB", "1M": "1 MB"}


def all_cases():
    for label, size in PAYLOADS.items():
        yield Case("sync-" + label, "synchronous calls, " + SIZES[label], payload=size)
    for label, size in PAYLOADS.items():
        yield Case("flight64-" + label, "64 calls in flight, " + SIZES[label], in_flight=64, payload=size)
    yield Case("flight1000-300", "1 000 calls in flight, 300 B", in_flight=1000)
    yield Case("threads16-300", "16 client threads, 300 B", threads=16)
    yield Case("cast-300", "casts, 300 B", kind="cast")
    yield Case("cast64-300", "casts, 64 unaccepted, 300 B", kind="cast", in_flight=64)
    yield Case("fanout10-300", "fanout to 10 servers, 300 B", kind="fanout", servers=10)
    yield Case("fanout64-300", "fanout to 10 servers, 64 unaccepted, 300 B", kind="fanout", servers=10, in_flight=64)
    yield Case("notify-300", "notifications, 300 B", kind="notify")
    yield Case("emit64-300", "notifications emitted, 64 unaccepted, 300 B", kind="notify", in_flight=64, part="emit")
    yield Case("handle-300", "notifications handled, 300 B", kind="notify", part="handle")


QUICK = ("sync-300", "sync-2450", "flight64-300", "cast-300")
