# SPDX-License-Identifier: Apache-2.0
"""Python's oslo.messaging, with the command line and the report of the contestants in C (contest.h).

    oslo.py server|client --url URL [--kind call|cast|fanout|notify] [--threads N] ...

Threads make synchronous calls: oslo.messaging has no other way to have many under way."""
import argparse
import json
import logging
import math
import mmap
import os
import struct
import sys
import threading
import time

import oslo_messaging
from oslo_config import cfg

try:
    from oslo_messaging._metrics import client as metrics
except ImportError:
    metrics = None

PLACES, PLACE_BYTES = 64, 64  # counter.h
AHEAD_MAX = 10000  # run.h
NOTHING_MORE = 3.0  # seconds


class Counter:
    """How many messages have been received, in a file that all receivers and the sender map."""

    def __init__(self, path, number=0):
        with open(path, "a+b") as file:
            file.truncate(PLACES * PLACE_BYTES)
            self.map = mmap.mmap(file.fileno(), PLACES * PLACE_BYTES)
        self.at = number % PLACES * PLACE_BYTES
        self.lock = threading.Lock()

    def add(self):
        with self.lock:
            struct.pack_into("Q", self.map, self.at, struct.unpack_from("Q", self.map, self.at)[0] + 1)

    def sum(self):
        return sum(struct.unpack_from("Q", self.map, place * PLACE_BYTES)[0] for place in range(PLACES))


class Endpoint:
    def __init__(self, counter):
        self.counter = counter

    def echo(self, _context, arg):
        if self.counter:
            self.counter.add()
        return arg

    def info(self, _context, _publisher_id, _event_type, _payload, _metadata):
        self.counter.add()


def transport_of(url, kind):
    conf = cfg.ConfigOpts()
    conf([], project="bench", default_config_files=[])
    if metrics:  # registered with the global configuration only, and asked for in every other too
        conf.register_opts(metrics.oslo_messaging_metrics, group="oslo_messaging_metrics")
    if kind == "notify":
        return oslo_messaging.get_notification_transport(conf, url=url)
    return oslo_messaging.get_rpc_transport(conf, url=url)


def serve(options):
    transport = transport_of(options.url, options.kind)
    endpoint = Endpoint(options.counter and Counter(options.counter, options.number))
    target = oslo_messaging.Target(topic="bench-py", server="server%d" % options.number)
    if options.kind == "notify":
        server = oslo_messaging.get_notification_listener(transport, [target], [endpoint], executor="threading")
    else:
        server = oslo_messaging.get_rpc_server(transport, target, [endpoint], executor="threading")
    server.start()
    print("ready", flush=True)
    server.wait()


class Run:
    """One measured stretch of time."""

    def __init__(self, options, once, counter, calls, seconds):
        self.once, self.counter, self.calls = once, counter, calls
        self.receivers = options.servers if options.kind == "fanout" else 1
        self.end = time.monotonic() + seconds
        self.claimed, self.lock = 0, threading.Lock()
        self.before = counter.sum() if counter else 0
        self.latencies, self.errors = [], 0

    def received(self):
        return self.counter.sum() - self.before

    def goes_on(self):
        if time.monotonic() >= self.end:
            return False
        with self.lock:
            self.claimed += 1
            claimed = self.claimed
        while self.counter and claimed % 64 == 0 and claimed - AHEAD_MAX > self.received() / self.receivers and \
                time.monotonic() < self.end:
            time.sleep(0.001)
        return not self.calls or claimed <= self.calls

    def lane(self):
        latencies, errors = [], 0
        while self.goes_on():
            began = time.monotonic_ns()
            if self.once():
                latencies.append(time.monotonic_ns() - began)
            else:
                errors += 1
        with self.lock:
            self.latencies += latencies
            self.errors += errors

    def run(self, threads):
        began = time.monotonic()
        if threads == 1:
            self.lane()
        else:
            lanes = [threading.Thread(target=self.lane) for _ in range(threads)]
            for lane in lanes:
                lane.start()
            for lane in lanes:
                lane.join()
        if self.counter:
            self.await_receivers()
        return time.monotonic() - began

    def await_receivers(self):
        seen, seen_at = self.received(), time.monotonic()
        while seen < len(self.latencies) * self.receivers and time.monotonic() - seen_at < NOTHING_MORE:
            time.sleep(0.001)
            now = self.received()
            if now != seen:
                seen, seen_at = now, time.monotonic()
        self.errors += max(0, len(self.latencies) - seen // self.receivers)


def cpu_ns(pids):
    """What processes have used of the processors; clock_getcpuclockid(3) for each."""
    return sum(time.clock_gettime_ns(~pid << 3 | 2) for pid in pids)


def memory_kib(pids, name):
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid, encoding="ascii") as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith(name))
    return total


def report(options, run, seconds, sides, before):
    latencies = sorted(run.latencies)

    def percentile(share):
        rank = max(1, math.ceil(share * len(latencies)))
        return latencies[rank - 1] / 1e3 if latencies else 0.0

    result = {"calls": len(latencies) + run.errors, "errors": run.errors, "seconds": round(seconds, 6),
              "rate": round(len(latencies) / seconds, 1), "p50_us": percentile(0.5), "p99_us": percentile(0.99),
              "p999_us": percentile(0.999), "max_us": percentile(1.0), "in_flight": options.threads,
              "payload_bytes": options.payload}
    for side, pids in sides.items():
        result[side] = {"cpu_us": round((cpu_ns(pids) - before[side]) / 1e3 / len(latencies), 3),
                        "rss_kib": memory_kib(pids, "VmRSS:"),
                        "peak_kib": memory_kib(pids, "VmHWM:")} if pids and latencies else None
    print(json.dumps(result))


def caller(options):
    """The function that does one of what is measured; false if it failed."""
    transport = transport_of(options.url, options.kind)
    text = "x" * options.payload
    if options.kind == "notify":
        notifier = oslo_messaging.Notifier(transport, "bench", driver="messagingv2", topics=["bench-py"])
        return lambda: notifier.info({}, "bench.event", {"arg": text}) is None
    target = oslo_messaging.Target(topic="bench-py", fanout=options.kind == "fanout" or None)
    client = oslo_messaging.get_rpc_client(transport, target) if hasattr(oslo_messaging, "get_rpc_client") \
        else oslo_messaging.RPCClient(transport, target)
    if options.kind == "call":
        return lambda: client.call({}, "echo", arg=text) == text
    return lambda: client.cast({}, "echo", arg=text) is None


def call(options):
    once, counter = caller(options), options.counter and Counter(options.counter)
    sides = {"client": [os.getpid()], "server": [], "broker": []}
    for text in options.watch:
        side, _, pid = text.partition("=")
        sides[side].append(int(pid))
    Run(options, once, counter, options.warm_up, 600).run(options.threads)
    run = Run(options, once, counter, options.calls, options.duration or (600 if options.calls else 2))
    before = {side: cpu_ns(pids) for side, pids in sides.items()}
    seconds = run.run(options.threads)
    report(options, run, seconds, sides, before)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["server", "client"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--kind", choices=["call", "cast", "fanout", "notify"], default="call")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--payload", type=int, default=300)
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--duration", type=float, default=0.0)
    parser.add_argument("--warm-up", type=int, default=50)
    parser.add_argument("--counter")
    parser.add_argument("--watch", action="append", default=[])
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    (serve if options.role == "server" else call)(options)
    sys.stdout.flush()
    os._exit(0)  # its threads would keep it


main()
