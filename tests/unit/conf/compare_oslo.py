#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads generated configurations with oslo.config and with ours, and compares.

Arguments (or OSTLER_COMPARE_SEED and OSTLER_COMPARE_COUNT): seed, number of cases. What differs on purpose is in
DIFFERENCES, each with a case that shows it; the generator stays clear of it.
"""
import json
import logging
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

if not sys.flags.utf8_mode:
    os.execv(sys.executable, [sys.executable, "-X", "utf8"] + sys.argv)

try:
    from oslo_config import cfg
except ImportError:
    print("1..0 # SKIP Debian's python3-oslo.config is not installed")
    sys.exit(0)

BUILD = os.environ.get("OSTLER_BUILDDIR", ".")
BATCH = 200


# --- What is declared -------------------------------------------------------------------------------------------------

def option(group, name, type_, default=None, **more):
    return dict(group=group, name=name, type=type_, default=default, **more)


# No name is declared in two groups but "shared", which never refers to anything.
OPTIONS = [
    option("DEFAULT", "s0", "string"),
    option("DEFAULT", "s1", "string", "default of $s0"),
    option("DEFAULT", "shared", "string", "from DEFAULT"),
    option("DEFAULT", "i0", "integer", "7"),
    option("DEFAULT", "m0", "multi"),
    option("DEFAULT", "l0", "list", "x, y"),
    option("DEFAULT", "b0", "bool", "false", deprecated=[[None, "old_b0"]]),
    option("grp", "shared", "string", "from grp"),
    option("grp", "sg", "string", "", deprecated=[[None, "old_sg"], ["DEFAULT", "older_sg"]]),
    option("grp", "cg", "string", "red", choices=["red", "green", ""]),
    option("grp", "bg", "bool", "true"),
    option("grp", "ig", "integer", "5", min=-3, max=99, deprecated=[["former", "ig"]]),
    option("grp", "jg", "integer"),
    option("grp", "fg", "float", "1.5"),
    option("grp", "gg", "float", None, min=0, max=10.5),
    option("grp", "lg", "list", deprecated=[["former", "lg"], ["DEFAULT", "list_of_old"]]),
    option("grp", "dg", "dict", "a:1"),
    option("grp", "mg", "multi", deprecated=[["DEFAULT", "old_mg"], [None, "older_mg"]]),
    option("MixGrp", "sm", "string", "$grp.sg"),
    option("MixGrp", "im", "integer", "$i0"),
    option("MixGrp", "tm", "string"),
]
BY_NAME = {(o["group"], o["name"]): o for o in OPTIONS}

TYPES = {"string": cfg.StrOpt, "bool": cfg.BoolOpt, "integer": cfg.IntOpt, "float": cfg.FloatOpt, "list": cfg.ListOpt,
         "dict": cfg.DictOpt, "multi": cfg.MultiStrOpt}


def python_option(o):
    more = {key: o[key] for key in ("choices", "min", "max") if key in o}
    default = o["default"]
    if o["type"] == "multi" and default is not None:
        default = [default]
    if o.get("deprecated"):
        more["deprecated_opts"] = [cfg.DeprecatedOpt(name, group=group) for group, name in o["deprecated"]]
    return TYPES[o["type"]](o["name"], default=default, **more)


# --- The other reader -------------------------------------------------------------------------------------------------

class Warnings(logging.Handler):
    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        self.seen.append(record.getMessage())


def python_value(o, value):
    if value is None:
        return None
    if o["type"] in ("integer", "float"):
        return repr(value)
    if o["type"] == "dict":
        return [[key, item] for key, item in value.items()]
    return value


def python_answer(case):
    conf = cfg.ConfigOpts()
    arguments = []
    for kind, path in case["sources"]:
        arguments += ["--config-" + kind, path]
    try:
        conf(arguments, project="x", prog="x", default_config_files=[], default_config_dirs=[])
    except (cfg.Error, UnicodeDecodeError, OSError) as failure:
        return {"failed": str(failure)}
    for o in case["options"]:
        conf.register_opt(python_option(o), group=None if o["group"] == "DEFAULT" else o["group"])
    refused = []
    for key in ("set", "set_default"):
        for group, name, text in case.get(key, []):
            change = conf.set_override if key == "set" else conf.set_default
            try:
                change(name, text, None if group == "DEFAULT" else group)
                refused.append(False)
            except ValueError:
                refused.append(True)
    values = {}
    for o in case["options"]:
        try:
            where = conf if o["group"] == "DEFAULT" else conf[o["group"]]
            values[o["group"] + "." + o["name"]] = {"value": python_value(o, where[o["name"]])}
        except (cfg.Error, ValueError, AttributeError, RecursionError, KeyError) as failure:
            values[o["group"] + "." + o["name"]] = {"error": "%s: %s" % (type(failure).__name__, failure)}
    return {"values": values, "refused": refused}


def read_both(cases):
    """Pairs of answers: theirs, ours."""
    handler = Warnings()
    logger = logging.getLogger("oslo_config.cfg")
    logger.addHandler(handler)
    logger.propagate = False
    cfg.oslo_log = None  # which says each thing once per process
    theirs = []
    for case in cases:
        os.environ.update(case["environment"])
        handler.seen = []
        answer = python_answer(case)
        answer["warned"] = list(handler.seen)
        theirs.append(answer)
        for name in case["environment"]:
            del os.environ[name]
    logger.removeHandler(handler)

    lines = "".join(json.dumps(case) + "\n" for case in cases)
    program = os.path.join(BUILD, "tests/unit/conf/conf_dump")
    done = subprocess.run([program], input=lines, stdout=subprocess.PIPE, encoding="utf-8", timeout=300, check=False)
    ours = [json.loads(line) for line in done.stdout.split("\n") if line]
    if done.returncode != 0 or len(ours) != len(cases):
        raise RuntimeError("conf_dump ended with %d after %d of %d cases" % (done.returncode, len(ours), len(cases)))
    return zip(theirs, ours)


# --- Generating -------------------------------------------------------------------------------------------------------

SPACES = [" ", "\t", "\u00a0", "\u2003", "\u3000", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"]
ODD = list("=:#;[]\"'$\\,{}%&@!.-_ \t") + ["é", "\u200b", "😀", "\ufeff"] + [space for space in SPACES if space != "\x1c"]
WORDS = ["abc", "x", "0", "1", "12", "-1", "true", "no", "Red", "red", "a b", "k:v", "host.example.org", "rabbit://u:p@h"]
REFERENCES = ["$s0", "${s0}", "$sg", "${sg}x", "$shared", "$grp.sg", "${grp.sg}", "$MixGrp.tm", "$mixgrp.tm", "$i0",
              "$b0", "$fg", "${jg}", "$nosuch", "${nosuch", "$nosuch.x", "${DEFAULT.s0}", "$$", "\\$", "$$s0", "\\$s0",
              "$\\$s0", "$1", "$", "${}", "$-", "$sm", "$im", "$tm", "$gg", "$s1.", "$é"]
NUMBERS = ["0", "7", "+7", "-3", "-4", "010", "1_000", "1__0", "_1", "1_", "0x10", "1.0", "1.", ".5", ".", "1e3", "1E-3",
           "1e", "1_0.5_0", "1_.5", "99", "100", "10.5", "10.6", "nan", "-nan", "inf", "-Infinity", "infin", "1e400",
           "1e16", "123456789012345680.0", "0.0001", "0.00001", "1e22", "1.7976931348623157e308", "5e-324", "0.1", "-0",
           "-0.0", "9223372036854775807", "-9223372036854775808", "- 1", "+-1", "1 2", "", "123456.789e-3", "1d", "1f"]
BOOLS = ["true", "TRUE", "Yes", "on", "1", "false", "oFF", "0", "no", "", "2", "y", "t", "yess", "None"]
LISTS = ["a", "a,b", "a, b ,,c ,", ",", ",,", "", " , a", "a , ,", "\"a,b\"", "[a, b]", "$s0, $sg", "a,$$b", "é, ü"]
DICTS = ["a:1", "a:1,b:2", "a:1,2,b:3", "a", "a:1,2", "a:1,", ":1", "a:1,a:2", "a:b:c", " a : 1 , b : 2 ", "", "a:,b:",
         ",a:1", "a:$s0"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def odd_text(self):
        return "".join(self.random.choice(ODD + ["a", "b", "1"]) for _ in range(self.random.randrange(8)))

    def value(self, type_):
        pick = self.random.choice
        if self.chance(4):
            return self.odd_text()
        if type_ in ("integer", "float"):
            text = pick(NUMBERS + ["$i0", "${jg}0", "$sg"])
        elif type_ == "bool":
            text = pick(BOOLS + ["$b0", "$sg"])
        elif type_ == "list":
            text = pick(LISTS)
        elif type_ == "dict":
            text = pick(DICTS)
        else:
            text = "".join(pick(WORDS + REFERENCES) for _ in range(pick([0, 1, 1, 1, 2, 3])))
        return text

    def dressed(self, text):
        """Some quotes and white space around."""
        if self.chance(15):
            quote = self.random.choice(["\"", "'", "\"\"", "' "])
            text = quote + text + self.random.choice([quote, quote[0], ""])
        if self.chance(15):
            text = self.random.choice(SPACES) + text + self.random.choice(SPACES)
        return text

    def name_of(self, o):
        """A name it can be set by, and the section for that."""
        if o.get("deprecated") and self.chance(50):
            group, name = self.random.choice(o["deprecated"])
            return group or o["group"], name or o["name"]
        return o["group"], o["name"]

    def section(self, group):
        if self.chance(10):
            group = self.random.choice([group.upper(), group.lower(), group.title(), " " + group, group + " ", "[" + group])
        return "[%s]" % group

    def assignment(self, o, name):
        value = self.value(o["type"])
        if name == "shared":
            value = self.random.choice(WORDS)
        separator = self.random.choice(["=", " = ", ":", " : ", "=  ", "\t=\t", "= ", ": "])
        lines = [name + separator + self.dressed(value)]
        while self.chance(8):
            extra = self.random.choice(WORDS) if name == "shared" else self.value(o["type"])
            lines.append(self.random.choice([" ", "\t", "    "]) + extra)
        return lines

    def stray_line(self):
        return self.random.choice([
            "", "   ", "\t", "# comment", ";comment", "#", "  # not a comment", "unknown = 1", "foo-bar = 2", "s-0 = 1",
            "two words = 3", "S0 = upper", "old_sg", "\u00a0s0 = x", "s0\u00a0= y", "\x0cs1 = z"])

    def bad_line(self):
        return self.random.choice(["nothing", "= value", " : x", "[open", "[closed] x", "[]", "[", "  lost", "\tlost",
                                   "[ab] # c", self.odd_text()])

    def file(self):
        lines = []
        for _ in range(self.random.randrange(1, 5)):
            here = self.random.choice(OPTIONS)
            section, _name = self.name_of(here)
            if lines or not self.chance(2):
                lines.append(self.section(section))
            fitting = [(o, n) for o in OPTIONS for s, n in
                       [(o["group"], o["name"])] + [(g or o["group"], m or o["name"]) for g, m in o.get("deprecated", [])]
                       if s == section]
            for _ in range(self.random.randrange(5)):
                if self.chance(12):
                    lines.append(self.stray_line())
                if self.chance(1):
                    lines.append(self.bad_line())
                lines += self.assignment(*self.random.choice(fitting))
        ends = self.random.choice([["\n"]] * 6 + [["\r\n"], ["\r"], ["\n", "\r\n", "\r"]])
        text = "".join(line + self.random.choice(ends) for line in lines)
        data = text.encode()
        if self.chance(10):
            data = data.rstrip(b"\r\n")
        if self.chance(1):
            data = b"\xef\xbb\xbf" + data
        if self.chance(2):
            at = self.random.randrange(len(data) + 1)
            data = data[:at] + self.random.choice([b"\xff", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                                                   b"\xe2\x82"]) + data[at:]
        return data

    def sources(self, folder):
        sources = []
        for i in range(self.random.choice([1, 1, 1, 2, 3])):
            path = os.path.join(folder, "s%d" % i)
            if self.chance(25):
                os.mkdir(path)
                for name in self.random.sample(["b.conf", "a.conf", "C.conf", ".hidden.conf", "no.ini", "x.conf~"], 3):
                    with open(os.path.join(path, name), "wb") as out:
                        out.write(self.file())
                sources.append(["dir", path])
            else:
                with open(path, "wb") as out:
                    out.write(self.file())
                sources.append(["file", path])
        if self.chance(2):
            sources.append([self.random.choice(["file", "dir"]), os.path.join(folder, "missing")])
        return sources

    def environment(self):
        chosen = {}
        while self.chance(20):
            o = self.random.choice([o for o in OPTIONS if o["type"] != "multi" and o["name"] != "shared"])
            name = "OS_%s__%s" % (o["group"].upper(), o["name"].upper())
            chosen[name] = self.dressed(self.value(o["type"]))
            if o["type"] in ("integer", "float"):
                chosen[name] = chosen[name].replace("\x1c", "")
        return chosen

    def settings(self):
        """What a program sets: no references, which oslo.config resolves at another time."""
        chosen = []
        while self.chance(10):
            o = self.random.choice([o for o in OPTIONS if o["type"] != "multi" and o["name"] != "shared"])
            text = self.value(o["type"])
            if "$" not in text:
                chosen.append([o["group"], o["name"], text])
        return chosen

    def case(self, folder):
        return {"sources": self.sources(folder), "environment": self.environment(), "options": OPTIONS,
                "set": self.settings(), "set_default": self.settings()}


# --- Comparing --------------------------------------------------------------------------------------------------------

def oslo_line(message):
    """The line a parse error of theirs names. Where a section is missing they name the line after the value."""
    found = re.search(r":(\d+), (.*)", message)
    if not found or "Section must be started" in found.group(2):
        return None
    return int(found.group(1))


def compare_failures(theirs, ours):
    if ("failed" in theirs) != ("failed" in ours):
        return ["theirs: %s; ours: %s" % (theirs.get("failed", "reads it"), ours.get("failed", "reads it"))]
    line = oslo_line(theirs["failed"])
    if line is not None and ":%d: " % line not in ours["failed"]:
        return ["line %d in theirs, in ours %s" % (line, ours["failed"])]
    return []


def deprecations(case, theirs):
    """What their log says, as ours says it: not for an option that the environment sets, for then no file counts."""
    found = set()
    for message in theirs["warned"]:
        parts = re.match(r'Option "(.*)" from group "(.*)" is deprecated. Use option "(.*)" from group "(.*)"', message)
        if parts:
            name, group, new_name, new_group = parts.groups()
            if "OS_%s__%s" % (new_group.upper(), new_name.upper()) not in case["environment"]:
                found.add((group.lower(), name))
    return found


def our_deprecations(ours):
    found = set()
    for message in ours["warned"]:
        parts = re.search(r"\[(.*)\] (\S+) is deprecated: write ", message)
        if parts:
            found.add((parts.group(1).lower(), parts.group(2)))
    return found


def compare(case, theirs, ours):
    if "failed" in theirs or "failed" in ours:
        return compare_failures(theirs, ours)
    wrong = []
    if theirs["refused"] != ours["refused"]:
        wrong.append("set: theirs %s, ours %s" % (theirs["refused"], ours["refused"]))
    for name, answer in theirs["values"].items():
        other = ours["values"][name]
        if ("error" in answer) != ("error" in other) or answer.get("value") != other.get("value"):
            wrong.append("%s: theirs %s, ours %s" % (name, answer, other))
    # Theirs looks into no file for what the program sets, and stops at a failure: warnings compare where all is well.
    if not wrong and not case["set"] and not any("error" in answer for answer in theirs["values"].values()):
        if deprecations(case, theirs) != our_deprecations(ours):
            wrong.append("deprecated: theirs %s, ours %s" % (deprecations(case, theirs), our_deprecations(ours)))
    return wrong


# --- What differs on purpose (doc/config.md says why) -----------------------------------------------------------------

def shown(answer, name):
    if "failed" in answer:
        return "failed"
    value = answer["values"][name]
    return "error" if "error" in value else value["value"]


LONG_NAME = "n" * 300

# What it is, the file, the environment, the option, what theirs makes of it, what ours makes of it.
DIFFERENCES = [
    ("a NUL byte is refused", "[grp]\nsg = a\0b\n", {}, "grp.sg", "a\0b", "failed"),
    ("an integer has 64 bits", "[grp]\njg = 9223372036854775808\n", {}, "grp.jg", "9223372036854775808", "error"),
    ("digits are ASCII", "[grp]\njg = \u0661\n", {}, "grp.jg", "1", "error"),
    ("separators are blanks around a number", "", {"OS_GRP__JG": "\x1c1"}, "grp.jg", "error", "1"),
    ("the case of a section is ASCII's", "[GR\u00dcPPE]\nx = 1\n", {}, "gr\u00fcppe.x", "1", None),
    ("a section's name has a bound", "[%s]\n[grp]\nsg = a\n" % LONG_NAME, {}, "grp.sg", "a", "failed"),
    ("a line has a bound", "[grp]\nsg = %s\n" % ("a" * 1048577), {}, "grp.sg", "a" * 1048577, "failed"),
    ("the environment gives a multi-valued option one value", "", {"OS_GRP__MG": "ab"}, "grp.mg", ["a", "b"], ["ab"]),
    ("a reference to a list is its items", "[DEFAULT]\nl0 = a, b\n[grp]\nsg = $l0\n", {}, "grp.sg", "['a', 'b']", "a,b"),
    ("a reference that fails is not looked up in DEFAULT", "[grp]\nshared = $nosuch\nsg = $shared\n", {}, "grp.sg",
     "from DEFAULT", "error"),
    ("a reference uses the present name", "[grp]\nold_sg = a\ncg = $old_sg\nsg = red\n", {}, "grp.cg", "", "error"),
    ("a name holds ASCII letters", "[grp]\nsg = $\u017fg\n", {}, "grp.sg", "error", "$\u017fg"),
]


def difference_case(folder, index):
    _, text, environment, name, _, _ = DIFFERENCES[index]
    path = os.path.join(folder, "difference%d" % index)
    with open(path, "wb") as out:
        out.write(text.encode())
    group, option_name = name.split(".")
    options = OPTIONS if (group, option_name) in BY_NAME else OPTIONS + [option(group, option_name, "string")]
    return {"sources": [["file", path]], "environment": environment, "options": options}


def check_differences(folder):
    cases = [difference_case(folder, index) for index in range(len(DIFFERENCES))]
    for (what, _, _, name, expected, wanted), (theirs, ours) in zip(DIFFERENCES, read_both(cases)):
        got = (shown(theirs, name), shown(ours, name))
        yield what, [] if got == (expected, wanted) else ["theirs %.80r, ours %.80r" % got]


# --- TAP --------------------------------------------------------------------------------------------------------------

def run_batch(generator, folder, first, count):
    os.mkdir(folder)
    cases = []
    for index in range(first, first + count):
        inner = os.path.join(folder, str(index))
        os.mkdir(inner)
        cases.append(generator.case(inner))
    wrong = []
    kinds = {"failed": 0, "errors": 0, "values": 0}
    for index, case, (theirs, ours) in zip(range(first, first + count), cases, read_both(cases)):
        for text in compare(case, theirs, ours):
            wrong.append("case %d (%s): %s" % (index, " ".join(path for _, path in case["sources"]), text))
        kinds["failed"] += "failed" in theirs
        for answer in theirs.get("values", {}).values():
            kinds["errors" if "error" in answer else "values"] += 1
    if not wrong:
        shutil.rmtree(folder)
    return wrong, kinds


def main():
    arguments = sys.argv[1:] + [None, None]
    seed = int(arguments[0] or os.environ.get("OSTLER_COMPARE_SEED", "20240229"))
    count = int(arguments[1] or os.environ.get("OSTLER_COMPARE_COUNT", "3000"))
    generator = Generator(seed)
    for name in [name for name in os.environ if name.startswith("OS_")]:
        del os.environ[name]
    folder = tempfile.mkdtemp(prefix="compare_oslo.")
    number, failed = 0, 0
    total = {"failed": 0, "errors": 0, "values": 0}

    def report(what, wrong):
        nonlocal number, failed
        number += 1
        failed += bool(wrong)
        print("%sok %d - %s" % ("not " if wrong else "", number, what))
        for text in wrong[:20]:
            print("# " + text.replace("\n", "\\n"))
        sys.stdout.flush()

    try:
        for first in range(0, count, BATCH):
            size = min(BATCH, count - first)
            wrong, kinds = run_batch(generator, os.path.join(folder, "batch%d" % first), first, size)
            for kind in kinds:
                total[kind] += kinds[kind]
            report("seed %d, cases %d to %d" % (seed, first, first + size - 1), wrong)
        report("generated files of every kind: %(failed)d refused, %(errors)d wrong values, %(values)d values" % total,
               [kind for kind in total if not total[kind]])
        for what, wrong in check_differences(folder):
            report("differs on purpose: " + what, wrong)
    finally:
        if failed and os.environ.get("OSTLER_COMPARE_KEEP"):
            print("# files kept in " + folder)
        else:
            shutil.rmtree(folder)
    print("1..%d" % number)
    return 1 if failed else 0


sys.exit(main())
