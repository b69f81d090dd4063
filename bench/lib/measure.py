# SPDX-License-Identifier: Apache-2.0
"""One measurement: a deployment is started, its client run, everything stopped."""
import contextlib
import json
import os
import shutil

from .processes import Failure, Servers, run

PATIENCE = 90  # seconds beyond the time that is measured


@contextlib.contextmanager
def deployed(contestant, case, around):
    """The deployment and its servers while they run, in a folder of its own."""
    folder = around.folder
    around.folder = os.path.join(folder, "run")
    os.mkdir(around.folder)
    try:
        made = contestant.deploy(case, around)
        with Servers(made.servers, around.build.environment()) as servers:
            yield made, servers
    finally:
        shutil.rmtree(around.folder, ignore_errors=True)
        around.folder = folder


def watches(made, servers):
    words = []
    for side, pids in (("server", servers.pids), ("broker", made.broker)):
        for pid in pids:
            words += ["--watch", "%s=%d" % (side, pid)]
    return words


def measure(contestant, case, around, seconds):
    """What the client reported."""
    with deployed(contestant, case, around) as (made, servers):
        command = [*made.client, "--duration", str(seconds), *watches(made, servers)]
        if case.payload >= 100000:
            command += ["--warm-up", "10"]
        result = json.loads(run(command, around.build.environment(), seconds + PATIENCE))
    if result["calls"] == result["errors"]:
        raise Failure("all %d calls failed" % result["calls"])
    return result
