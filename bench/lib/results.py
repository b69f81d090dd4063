# SPDX-License-Identifier: Apache-2.0
"""Many measurements of one thing: medians and spread, and the ratio to the raw baseline."""
import statistics

SIDES = ("client", "server", "broker")


def median(runs, *path):
    """Of what is there; None if nothing is."""
    values = []
    for run in runs:
        for name in path:
            run = run.get(name) if run else None
        if run is not None:
            values.append(run)
    return statistics.median(values) if values else None


def summary(contestant, case, runs, syscalls, baseline):
    """One line of the table. @p baseline: the median rate of the transport's first raw contestant, or None."""
    rates = [run["rate"] for run in runs]
    rate = statistics.median(rates)
    made = {"case": case.name, "title": case.title, "contestant": contestant.name, "name": contestant.title,
            "transport": contestant.transport, "role": contestant.role, "in_flight": max(case.in_flight, case.threads),
            "payload_bytes": case.payload, "rounds": len(runs), "rate": rate, "rate_min": min(rates),
            "rate_max": max(rates), "ratio": rate / baseline if baseline else None,
            "errors": sum(run["errors"] for run in runs)}
    for name in ("p50_us", "p99_us", "p999_us"):
        made[name] = median(runs, name)
    for side in SIDES:
        made["cpu_us_" + side] = median(runs, side, "cpu_us")
        made["rss_kib_" + side] = median(runs, side, "rss_kib")
    for side in ("client", "server"):
        made["syscalls_" + side] = (syscalls or {}).get(side)
    return made


def summaries(contestants, cases, runs, syscalls):
    """All lines; the raw baseline of a transport is its first contestant of that role."""
    made = []
    for case in cases:
        baselines = {}
        for contestant in contestants:
            mine = runs.get((case.name, contestant.name))
            if not mine:
                continue
            if contestant.role == "raw":
                baselines.setdefault(contestant.transport, statistics.median(run["rate"] for run in mine))
            made.append(summary(contestant, case, mine, syscalls.get((case.name, contestant.name)),
                                baselines.get(contestant.transport)))
    return made
