# SPDX-License-Identifier: Apache-2.0
"""TCP ports that a test can give to a server now, and to the same server again after it was killed.

They lie outside of the range that the kernel takes the near ends of connections from: a client that connects while the
server is down could otherwise sit on the very port that the server is to come back to. And they are this program's for
as long as it runs: a name in the abstract namespace of Unix sockets, which goes with the process, keeps other tests off
(tests/unit/nanomsg/test_hosts.c knows the name, too)."""

import itertools
import random
import socket

_held = []


def _candidates():
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        low, high = map(int, file.read().split())
    return [port for port in range(10000, 65536) if not low <= port <= high] or list(range(low, high + 1))


def _reserve(port):
    """Whether nobody has it, and no other test will."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind("\0ostler-test-port-%d" % port)
        with socket.socket() as one:
            one.bind(("127.0.0.1", port))
    except OSError:
        name.close()
        return False
    _held.append(name)
    return True


def free_ports(count):
    candidates = _candidates()
    random.shuffle(candidates)
    found = list(itertools.islice(filter(_reserve, candidates), count))
    assert len(found) == count, "no port is free"
    return found
