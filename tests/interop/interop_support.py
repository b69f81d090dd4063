# SPDX-License-Identifier: Apache-2.0
"""Real peers on both sides: Debian's oslo.messaging in this process, ostlerd and the command as they were built."""

import os
import sys
import threading

sys.dont_write_bytecode = True
_TESTS = os.path.join(os.environ.get("OSTLER_SRCDIR", os.path.join(os.path.dirname(__file__), "..", "..")), "tests")
sys.path[:0] = [os.path.join(_TESTS, "functional"), os.path.join(_TESTS, "support")]

import broker  # noqa: E402
import host_support  # noqa: E402
from host_support import BUILD, LIMIT, Deployment, Skip, await_true, test  # noqa: E402,F401

try:
    import oslo_messaging
    from oslo_config import cfg
    from oslo_messaging._metrics import client as metrics
except ImportError:
    oslo_messaging = None

PEER = os.path.join(BUILD, "tests/interop/.libs/peer.so")


def main(count=1, conf=""):
    """Runs the tests with brokers, or says why not."""
    why = broker.missing() or (None if oslo_messaging else "python3-oslo.messaging is not installed")
    if why is None and not os.path.exists(PEER):
        why = "the modules are linked into the programs"
    if why:
        print("1..0 # SKIP " + why)
        return
    global brokers
    with broker.Brokers(count, conf) as brokers:
        host_support.main()


def url():
    return brokers.url


def deployment():
    made = Deployment()
    made.url = brokers.url
    return made


def start_c(made, topic, server="c1", more="", default="", name=None):
    """A server in C: echo, control and peer."""
    text = ("[DEFAULT]\ntransport_url = %s\n%s\n[server]\ntopic = %s\nserver = %s\nendpoints = echo, control, %s\n%s\n"
            % (made.url, default, topic, server, PEER, more))
    path = made.write(name or "%s-%s.conf" % (topic, server), text)
    return made.start("--config-file", path)


def transport(**options):
    """A transport of oslo.messaging with a configuration of its own."""
    conf = cfg.ConfigOpts()
    conf([], project="interop")
    conf.register_opts(metrics.oslo_messaging_metrics, group="oslo_messaging_metrics")
    made = oslo_messaging.get_rpc_transport(conf, url=options.pop("url", None) or brokers.url,
                                            allowed_remote_exmods=options.pop("exmods", []))
    for name, value in options.items():
        conf.set_override(name, value, group="oslo_messaging_rabbit")
    return made


def client(topic, made=None, timeout=LIMIT, serializer=None, **target):
    call = {}
    for name in ("call_monitor_timeout", "transport_options", "retry"):
        if name in target:
            call[name] = target.pop(name)
    return oslo_messaging.get_rpc_client(made or transport(), oslo_messaging.Target(topic=topic, **target),
                                         timeout=timeout, serializer=serializer, **call)


class PythonServer:
    """A server of oslo.messaging, for `with`."""

    def __init__(self, topic, endpoints, server="p1", made=None, **options):
        self.transport = made or transport()
        self.server = oslo_messaging.get_rpc_server(
            self.transport, oslo_messaging.Target(topic=topic, server=server), endpoints, executor="threading", **options)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop()
        self.server.wait()
        self.transport.cleanup()


class Seen:
    """What an endpoint was given, for others to await."""

    def __init__(self):
        self.items = []
        self.changed = threading.Condition()

    def add(self, item):
        with self.changed:
            self.items.append(item)
            self.changed.notify_all()

    def wait(self, count=1):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.items) >= count, LIMIT), "got only %r" % (self.items,)
            return list(self.items)
