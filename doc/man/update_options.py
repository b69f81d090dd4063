#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the options of a sample config (standard input) into a manual page, between two marks:

    ostlerd --sample-config | update_options.py ostlerd.conf.5"""

import re
import sys

BEGIN = '.\\" The sections are made from the option tables by doc/man/update_options.py.\n'
END = '.\\" End of what is made from the option tables.\n'


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text)


class Page:
    def __init__(self):
        self.lines = []
        self.comments = []

    def section(self, name):
        self.comments = []
        self.lines.append(".SS [%s]" % escape(name))

    def end_comments(self):
        """Help that belongs to a section."""
        if self.comments:
            self.lines += [escape(line) for line in self.comments]
            self.comments = []

    def option(self, name, value):
        self.lines += [".TP", ".B " + escape(name)]
        facts = []
        for line in self.comments:
            if re.match(r"\(.*\)$", line):
                facts.append(line[1:-1])
            elif facts:
                facts.append(line[0].lower() + line[1:])
            else:
                self.lines.append(escape(line))
        self.comments = []
        facts.append("default " + value if value else "no default")
        self.lines += [".br", escape("(" + "; ".join(facts) + ")")]


def convert(sample):
    page, body = Page(), False
    for line in sample.splitlines():
        head = re.match(r"#?\[(.+)\]$", line)
        option = re.match(r"#([A-Za-z_]\w*) =(?: (.*))?$", line)
        if head:
            page.section(head.group(1))
            body = True
        elif option and body:
            page.option(option.group(1), option.group(2) or "")
        elif line.startswith("# ") and body:
            page.comments.append(line[2:])
        elif not line:
            page.end_comments()
    page.end_comments()
    return "\n".join(page.lines) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        page = file.read()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    page = before + BEGIN + convert(sys.stdin.read()) + END + after
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    main()
