# SPDX-License-Identifier: Apache-2.0
"""Results as text for a terminal."""


def number(value, places=0):
    if value is None:
        return "-"
    if places == 0 and abs(value) < 10:
        places = 1
    return "{:,.{}f}".format(value, places).replace(",", " ")


def pair(a, b, form=number):
    return form(a) + " / " + form(b)


def mib(kib):
    return "-" if kib is None else "%.1f" % (kib / 1024)


COLUMNS = (
    ("contestant", 24, lambda line: line["transport"] + ": " + line["name"]),
    ("per second", 11, lambda line: number(line["rate"])),
    ("spread", 17, lambda line: "%s..%s" % (number(line["rate_min"]), number(line["rate_max"]))),
    ("x raw", 6, lambda line: number(line["ratio"], 2)),
    ("p50 µs", 9, lambda line: number(line["p50_us"])),
    ("p99 µs", 9, lambda line: number(line["p99_us"])),
    ("p99.9 µs", 9, lambda line: number(line["p999_us"])),
    ("CPU µs c / s", 15, lambda line: pair(line["cpu_us_client"], line["cpu_us_server"])),
    ("broker", 8, lambda line: number(line["cpu_us_broker"])),
    ("syscalls c / s", 14, lambda line: pair(line["syscalls_client"], line["syscalls_server"],
                                             lambda value: number(value, 1))),
    ("MiB c / s", 13, lambda line: pair(line["rss_kib_client"], line["rss_kib_server"], mib)),
)


def row(texts):
    return "  ".join(text.ljust(width) if i == 0 else text.rjust(width)
                     for i, (text, (_, width, _)) in enumerate(zip(texts, COLUMNS))).rstrip()


def print_table(lines):
    case = None
    for line in lines:
        if line["case"] != case:
            case = line["case"]
            print("\n%s (%s)" % (line["title"], case))
            print(row([title for title, _, _ in COLUMNS]))
        print(row([form(line) for _, _, form in COLUMNS]) + ("  %d FAILED" % line["errors"] if line["errors"] else ""))


def print_idle(lines):
    if lines:
        print("\nostlerd idle")
        print("%-24s %12s %10s %18s" % ("transport", "ready, ms", "MiB", "wake-ups a second"))
        for line in lines:
            print("%-24s %12.1f %10s %18.2f" % (line["transport"], line["ready_ms"], mib(line["rss_kib"]),
                                                line["wakeups_per_second"]))
