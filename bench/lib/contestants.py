# SPDX-License-Identifier: Apache-2.0
"""Who is measured. A contestant turns a case into the commands of its servers and of its client."""
import dataclasses
import os

from . import services
from .build import SOURCE

PYTHON = "/usr/bin/python3"  # oslo.messaging is Debian's


@dataclasses.dataclass
class Deployment:
    """One case of one contestant: what to start, in this order."""
    servers: list
    client: list
    broker: list = dataclasses.field(default_factory=list)  # process ids


@dataclasses.dataclass
class Surroundings:
    """What contestants are given: the build, the brokers, and a folder that is empty for each deployment."""
    build: object
    services: object
    folder: str
    serial: int = 0

    @property
    def counter(self):
        return os.path.join(self.folder, "counter")


def options_of(case, counter):
    """A case on the command line of contest.h."""
    made = ["--kind", case.kind, "--payload", str(case.payload), "--servers", str(case.servers)]
    if case.threads > 1:
        made += ["--threads", str(case.threads)]
    elif case.in_flight > 1:
        made += ["--in-flight", str(case.in_flight)]
    for name, value in (("--clients", case.clients), ("--topics", case.topics)):
        if value > 1:
            made += [name, str(value)]
    return made + (["--counter", counter] if case.kind != "call" else [])


class Contestant:
    """`name` is TRANSPORT/WHO; `role` is raw (the physical limit), ostler, or peer (what a user would pick instead)."""
    role = "peer"
    broker = None  # the kind of service it needs
    is_extra = False  # only where it is named
    program = None
    unwaited = False  # it can have many messages under way that nobody answers

    def __init__(self, name, title):
        self.name, self.title = name, title
        self.transport = name.split("/")[0]

    def missing(self, build):
        """Why it cannot be measured here, or None."""
        if self.broker and services.missing(self.broker):
            return services.missing(self.broker)
        return None if not self.program or build.has(self.program) else "the program %s was not built" % self.program

    def can(self, case):
        if case.needs_broker and self.broker != "rabbit":
            return False
        return self.unwaited or not case.is_unwaited

    def deploy(self, case, around):
        raise NotImplementedError


class Pair(Contestant):
    """A program of contest.h that has both roles."""
    accepts = True  # somebody tells the sender that a message was accepted

    def __init__(self, name, title, program, role="raw", broker=None, variant=None):
        super().__init__(name, title)
        self.program, self.role, self.broker, self.variant = program, role, broker, variant

    def addresses(self, case, around):
        """One for each server, and the client's."""
        url = around.services.get(self.broker).url
        return [url] * case.servers, url

    def deploy(self, case, around):
        each, all_of_them = self.addresses(case, around)
        program = around.build.bench(self.program)
        # Where nothing is accepted nothing is waited for: many are sent as fast as one after the other.
        done = dataclasses.replace(case, in_flight=1) if case.is_unwaited and not self.accepts else case
        options = options_of(done, around.counter) + (["--variant", self.variant] if self.variant else [])
        servers = [[program, "server", "--url", url, "--number", str(number), *options]
                   for number, url in enumerate(each)]
        broker = around.services.get(self.broker).pids if self.broker else []
        return Deployment(servers, [program, "client", "--url", all_of_them, *options], broker)


class RawNanomsg(Pair):
    unwaited, accepts = True, False

    def addresses(self, case, around):
        if self.transport == "ipc":
            each = ["ipc://%s/raw%d" % (around.folder, number) for number in range(case.servers)]
        else:
            each = ["tcp://127.0.0.1:%d" % port for port in services.free_ports(case.servers)]
        return each, ",".join(each)


def raw_rabbit(role, case, around, variant):
    """The program of rabbitmq-c as one end of notifications to the topic bench."""
    return [around.build.bench("raw_rabbit"), role, "--url", around.services.get("rabbit").address + "/bench",
            "--variant", variant, *options_of(case, around.counter)]


class Nats(Pair):
    unwaited = True

    def __init__(self, name, title, variant=None):
        super().__init__(name, title, "nats", role="peer", broker="nats", variant=variant)
        self.accepts = variant == "answered"

    def can(self, case):
        # A cast is not answered by who receives it, here as in Ostler.
        return super().can(case) and (case.kind == "notify" or self.variant != "answered")


class RawRabbit(Pair):
    unwaited = True

    def __init__(self, variant, title, is_extra=False):
        super().__init__("rabbit/" + variant, title, "raw_rabbit", broker="rabbit", variant=variant)
        self.is_extra = is_extra

    def can(self, case):
        if self.variant == "wire" or self.is_extra:
            return case.kind == "call"
        # Only this one does for a notification, and for what is confirmed, what Ostler does.
        return case.kind != "notify" and not case.is_unwaited or self.variant == "confirmed"

    def deploy(self, case, around):
        if case.kind != "notify":
            return super().deploy(case, around)
        sends = "fast" if case.part == "handle" else self.variant
        return Deployment([raw_rabbit("server", dataclasses.replace(case, in_flight=1), around, self.variant)],
                          raw_rabbit("client", case, around, sends), around.services.get("rabbit").pids)

    def addresses(self, case, around):
        around.serial += 1  # the broker forgets queues when it finds the time
        url = "%s/raw%d" % (around.services.get("rabbit").address, around.serial)
        return [url] * case.servers, url


class InProcess(Contestant):
    role, program = "ostler", "library"

    def __init__(self, name, title, executor):
        super().__init__(name, title)
        self.executor = executor

    def can(self, case):
        return case.clients == 1 and super().can(case)

    def deploy(self, case, around):
        return Deployment([], [around.build.bench("library"), "both", "--url", "fake:///", "--variant", self.executor,
                               *options_of(case, around.counter)])


class Host(Contestant):
    """ostlerd, and the library as its client."""
    role, program, unwaited = "ostler", "library", True

    def __init__(self, name, title, executor):
        super().__init__(name, title)
        self.executor = executor
        self.broker = "rabbit" if self.transport == "rabbit" else None

    def missing(self, build):
        return super().missing(build) or (None if os.path.exists(build.endpoint) else "the endpoint was not built")

    def urls(self, case, around):
        if self.transport == "rabbit":
            each = [around.services.get("rabbit").url] * case.servers
            return each, each[0]
        if self.transport == "ipc":
            each = ["nanomsg://%s/sockets" % around.folder] * case.servers
            return each, each[0]
        addresses = ["127.0.0.1:%d" % port for port in services.free_ports(case.servers)]
        return ["nanomsg+tcp://" + one for one in addresses], "nanomsg+tcp://" + ",".join(addresses)

    def config(self, case, around, number, url):
        """The file of one ostlerd."""
        lines = ["[DEFAULT]", "transport_url = " + url, "executor = " + self.executor,
                 "executor_thread_pool_size = %d" % case.pool]
        if case.kind == "notify":
            lines += ["[listener:bench]", "topics = bench", "endpoints = " + around.build.endpoint]
        else:
            for topic in range(case.topics):
                lines += ["[server:s%d]" % topic, "topic = bench" + (str(topic) if case.topics > 1 else ""),
                          "server = server%d" % number, "endpoints = " + around.build.endpoint]
        lines += ["[endpoint:bench]", "number = %d" % number]
        if case.kind != "call":
            lines.append("counter = " + around.counter)
        path = os.path.join(around.folder, "host%d.conf" % number)
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        return path

    def deploy(self, case, around):
        each, url = self.urls(case, around)
        servers = [[around.build.ostlerd, "--config-file", self.config(case, around, number, one)]
                   for number, one in enumerate(each)]
        client = [around.build.bench("library"), "client", "--url", url, *options_of(case, around.counter)]
        if case.part == "emit" and self.broker:
            servers = [raw_rabbit("server", dataclasses.replace(case, in_flight=1), around, "confirmed")]
        elif case.part == "handle":
            client = raw_rabbit("client", case, around, "fast")
        broker = around.services.get("rabbit").pids if self.broker else []
        return Deployment(servers, client, broker)


class OsloMessaging(Contestant):
    broker = "rabbit"

    def missing(self, build):
        if not os.path.isdir("/usr/lib/python3/dist-packages/oslo_messaging"):
            return "python3-oslo.messaging is not installed"
        return super().missing(build)

    def can(self, case):
        # A thread for each call in flight is all it has; a thousand of them would measure Python's threads.
        return case.in_flight <= 64 and super().can(case)

    def deploy(self, case, around):
        service = around.services.get("rabbit")
        program = [PYTHON, os.path.join(SOURCE, "bench/oslo.py")]
        common = ["--url", service.url, "--kind", case.kind, "--payload", str(case.payload)]
        if case.kind != "call":
            common += ["--counter", around.counter]
        servers = [[*program, "server", *common, "--number", str(number)] for number in range(case.servers)]
        threads = str(max(case.threads, case.in_flight))
        return Deployment(servers, [*program, "client", *common, "--threads", threads, "--servers",
                                    str(case.servers)], service.pids)


# What rabbit/wire does beyond rabbit/confirmed, one by one.
PARTS_OF_THE_WIRE = ("acks", "connections", "text", "properties", "topic", "expiry")


def all_contestants():
    return [
        InProcess("fake/blocking", "Ostler, blocking", "blocking"),
        InProcess("fake/threading", "Ostler, threading", "threading"),
        RawNanomsg("ipc/raw", "raw nanomsg", "raw_nanomsg"),
        Host("ipc/ostlerd", "ostlerd", "threading"),
        Host("ipc/ostlerd-blocking", "ostlerd, blocking", "blocking"),
        RawNanomsg("tcp/raw", "raw nanomsg", "raw_nanomsg"),
        Host("tcp/ostlerd", "ostlerd", "threading"),
        Host("tcp/ostlerd-blocking", "ostlerd, blocking", "blocking"),
        RawRabbit("fast", "rabbitmq-c, fast"),
        RawRabbit("confirmed", "rabbitmq-c, confirmed"),
        RawRabbit("naive", "rabbitmq-c, naive"),
        RawRabbit("wire", "rabbitmq-c, wire"),
        *(RawRabbit("confirmed+" + part, "confirmed, " + part, is_extra=True) for part in PARTS_OF_THE_WIRE),
        Host("rabbit/ostlerd", "ostlerd", "threading"),
        Host("rabbit/ostlerd-blocking", "ostlerd, blocking", "blocking"),
        OsloMessaging("rabbit/oslo.messaging", "oslo.messaging"),
        Nats("nats/json", "NATS C client"),
        Nats("nats/answered", "NATS, answered", variant="answered"),
        Nats("nats/bytes", "NATS, bytes only", variant="bytes"),
        Pair("dbus/sd-bus", "sd-bus", "sdbus", role="peer", broker="bus"),
    ]


TRANSPORTS = {"fake": "fake, in process", "ipc": "nanomsg over ipc", "tcp": "nanomsg over TCP", "rabbit": "RabbitMQ",
              "nats": "NATS", "dbus": "D-Bus"}
QUICK_LEAVES_OUT = ("fake/threading", "rabbit/confirmed", "rabbit/wire", "nats/bytes", "nats/answered", "*/ostlerd-blocking")
