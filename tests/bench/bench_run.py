# SPDX-License-Identifier: Apache-2.0
"""bench/run and bench/scale on this build, with runs of a blink: what they write is whole. No number is judged."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

BUILD = os.environ.get("OSTLER_BUILDDIR", os.getcwd())
SOURCE = os.environ.get("OSTLER_SRCDIR", os.path.join(os.path.dirname(__file__), "..", ".."))
LIMIT = 300
LINE = {"case", "title", "contestant", "name", "transport", "role", "in_flight", "payload_bytes", "rounds", "rate",
        "rate_min", "rate_max", "ratio", "errors", "p50_us", "p99_us", "p999_us", "cpu_us_client", "cpu_us_server",
        "cpu_us_broker", "rss_kib_client", "rss_kib_server", "rss_kib_broker", "syscalls_client", "syscalls_server"}
CASES = ["sync-300", "flight64-300", "threads16-300", "cast-300", "fanout10-300"]
CONTESTANTS = ["fake/threading", "ipc/raw", "ipc/ostlerd"]

number = 0
failed = False


def check(name, good, what=""):
    global number, failed
    number += 1
    print("%s %d - %s" % ("ok" if good else "not ok", number, name))
    if not good:
        failed = True
        print("".join("# %s\n" % line for line in str(what).splitlines()), end="")


def run(program, *words):
    return subprocess.run([sys.executable, "-B", os.path.join(SOURCE, "bench", program), "--build", BUILD, *words],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT, check=False)


def options(name, values):
    return [word for value in values for word in (name, value)]


def whole_run(folder):
    json_file, svg_file = os.path.join(folder, "run.json"), os.path.join(folder, "run.svg")
    done = run("run", "--rounds", "2", "--duration", "0.02", "--no-idle", "--no-syscalls", "--json", json_file, "--svg",
               svg_file, *options("--cases", CASES), *options("--contestants", CONTESTANTS))
    check("bench/run ends well", done.returncode == 0, done.stderr + done.stdout)
    with open(json_file, encoding="utf-8") as file:
        document = json.load(file)
    lines = document["results"]
    expected = {(case, contestant) for case in CASES for contestant in CONTESTANTS}
    check("every contestant has every case", {(line["case"], line["contestant"]) for line in lines} == expected, lines)
    check("every line has every field", all(set(line) == LINE for line in lines), lines)
    check("calls were made, and none failed", all(line["rate"] > 0 and line["errors"] == 0 for line in lines), lines)
    check("costs of both sides are there", all(line["cpu_us_server"] and line["rss_kib_server"] for line in lines
                                               if line["transport"] == "ipc"), lines)
    check("the raw baseline is what others are compared with",
          all(line["ratio"] == 1 for line in lines if line["contestant"] == "ipc/raw") and
          all(line["ratio"] for line in lines if line["contestant"] == "ipc/ostlerd"), lines)
    check("every round is there", all(len(one["runs"]) == 2 for one in document["runs"]), document["runs"])
    check("the machine is named", document["machine"]["cores"] >= 1 and document["machine"]["date"], document)
    names = {element.tag.split("}")[1] for element in ElementTree.parse(svg_file).iter()}
    check("the picture is SVG", {"svg", "circle", "line", "text"} <= names, names)
    check("the table has a line for each", done.stdout.count("ipc: ostlerd") == len(CASES), done.stdout)


def whole_scale(folder):
    json_file, svg_file = os.path.join(folder, "scale.json"), os.path.join(folder, "scale.svg")
    done = run("scale", "--quick", "--duration", "0.02", "--transports", "ipc", "--questions", "topics", "--questions",
               "clients", "--json", json_file, "--svg", svg_file)
    check("bench/scale ends well", done.returncode == 0, done.stderr + done.stdout)
    with open(json_file, encoding="utf-8") as file:
        answers = json.load(file)["answers"]
    points = [point for answer in answers for curve in answer["curves"].values() for point in curve]
    check("every curve has its points", len(answers) == 2 and len(points) == 6, answers)
    check("every point has rate, latency and memory",
          all(point["rate"] > 0 and point["p99_us"] > 0 and point["server_mib"] > 0 for point in points), points)
    names = {element.tag.split("}")[1] for element in ElementTree.parse(svg_file).iter()}
    check("its picture is SVG", {"svg", "polyline", "text"} <= names, names)


def leaves_nothing(folder):
    check("nothing is left", sorted(os.listdir(folder)) == ["run.json", "run.svg", "scale.json", "scale.svg"],
          os.listdir(folder))


def main():
    if not os.path.exists(os.path.join(BUILD, "bench/raw_nanomsg")):
        print("1..0 # SKIP nanomsg is left out of this build")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        whole_run(folder)
        whole_scale(folder)
        leaves_nothing(folder)
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
