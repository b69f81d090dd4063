# SPDX-License-Identifier: Apache-2.0
"""A client's session cut after each of its bytes, in both directions, on both of its connections."""

import fault_support as fault
from fault_support import Crowd, Deployment, await_true, broker, check_runs, start_server, test
from proxy import Proxy

# At once to the next host, which is the same.
URL = "rabbit://guest:guest@127.0.0.1:%d,guest:guest@127.0.0.1:%d/"
BATCH = 120


def lengths(made):
    """Bytes of a session that is not cut: (number of the connection, way) -> bytes."""
    with Proxy(brokers.nodes[0].port) as proxy:
        crowd = Crowd(made, [proxy.url], topic="cuts")
        crowd.await_good(1)
        measured = dict(proxy.passed)
        assert all(end[0] == "OK" for end in crowd.finish().values())
    assert set(measured) == {(0, "up"), (0, "down"), (1, "up"), (1, "down")}, measured
    return measured


def begin(made, cuts, first):
    proxies = [Proxy(brokers.nodes[0].port) for _ in cuts]
    for proxy, cut in zip(proxies, cuts):
        proxy.cut_once = cut
    urls = [URL % (proxy.port, proxy.port) for proxy in proxies]
    return proxies, Crowd(made, urls, first=first, timeout=5, topic="cuts")


def settle(proxies, crowd):
    crowd.await_ends(crowd.count)
    ends = crowd.finish()
    for proxy in proxies:
        proxy.close()
    return ends


@test
def every_byte():
    """a client's session cut after each of its bytes: each call ends once and in time, runs once at most, and most go well"""
    with Deployment() as made:
        made.url = brokers.url
        host = start_server(made, "cuts")
        cuts = [(number, way, after) for (number, way), size in lengths(made).items() for after in range(size + 1)]
        ends, running, first = {}, [], 1
        for at in range(0, len(cuts), BATCH):
            running.append(begin(made, cuts[at:at + BATCH], first + at))
            if len(running) == 2:
                ends.update(settle(*running.pop(0)))
        for each in running:
            ends.update(settle(*each))
        assert len(ends) == len(cuts)
        good, ran = check_runs(made, ends, "cuts")
        # What may have run is not sent again, and its answer may be lost with the queue; all else goes well in the end.
        print("# %d cuts, %d calls went well, %d ran" % (len(cuts), len(good), len(ran)))
        assert len(good) > len(cuts) / 2, sorted({end for end in ends.values() if end[0] != "OK"})[:9]
        host.stop()


if __name__ == "__main__":
    if broker.missing():
        fault.main()
    else:
        with broker.Brokers() as brokers:
            fault.main()
