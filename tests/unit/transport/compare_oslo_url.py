#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads the same transport URLs with Ostler and with oslo.messaging 14 and compares all they say of them.

The URLs are made from a fixed seed, good and bad ones. Where Ostler differs on purpose, DIFFERENCES below names the
difference, as doc/transport-url.md does, and says how to recognise such a URL; each of them must occur.
"""

import ipaddress
import json
import logging
import os
import random
import re
import subprocess
import sys
import urllib.parse

try:
    from oslo_config import cfg
    from oslo_messaging import transport as oslo
except ImportError as error:
    print("1..0 # SKIP no oslo.messaging (Debian's python3-oslo.messaging): %s" % error)
    sys.exit(0)

SEED = 20
URLS = 12000
PAIRS = 3000
HELPER = os.path.join(os.environ.get("OSTLER_BUILDDIR", "."), "tests/unit/transport/url_lines")

# Python's library checks brackets as though there were one host, so that it refuses most lists with an IPv6 address. It
# is switched off for lists and kept for single hosts.
check_brackets = getattr(urllib.parse, "_check_bracketed_netloc", None)


class Generator:
    """Makes URLs that are mostly right, with every kind of mistake thrown in."""

    NAMES = ["h", "h1", "host.example.org", "192.0.2.7", "localhost", "H-UP", "h_1", "h 1", "hôte"]
    IPV6 = ["::1", "fe80::1%eth0", "2001:db8::8:800:200c:417a", "::ffff:192.0.2.1", "::", "1:2:3:4:5:6:7:8"]
    BAD_IPV6 = ["", "::1::2", "12345::", "1:2:3", "g::1", "192.0.2.7", "v1.a:b", "v.x", "fe80::1%", "1:2:3:4:5:6:7:8:9"]
    WORDS = ["u", "user", "pass", "p%40ss", "p%2Fss", "a%3Ab", "x%2Cy", "%25", "%C3%A9", "é", "a+b", "", "%2f%5B%5d",
             "%zz", "50%", "%e2%82%ac", "€", "$x", "a&b=c", "p@s", "a b", "%20", "~._-", "!*()"]
    BAD_WORDS = ["a/b", "a?b", "a#b", "a[b", "a]b", "a,b", "a:b", "%00", "%FF", "%C3", "%ed%a0%80", "a[1]b"]
    PATHS = ["", "/", "/vh", "//", "/%2F", "/%2Fvh", "/a/b", "/a%20b", "/v;p=1", "/%C3%A9", "/é", "/run/ostler", "/v@w",
             "/a:b", "/100%", "/a+b", "/[x]", "//x", "/%25", "/%61", "/a,b"]
    SCHEMES = ["rabbit", "nanomsg", "RABBIT", "kombu+amqp", "nanomsg+tcp", "Kombu+Memory", "x.y-z", "fake", "a1"]
    BAD_SCHEMES = ["", "1rabbit", "ra_bbit", "räbbit", "+x", "ra bbit", ".x"]
    KEYS = ["x", "y", "ssl", "heartbeat_rate", "a b", "a+b", "a%20b", "k%C3%A9", "ssl_key_password", "", "x%3Dy"]
    VALUES = ["1", "2", "true", "a,b", "a%2Cb", "a+b", "a%20b", "%C3%A9", "é", "", "a=b", "/path/to/file", "50%", "a;b",
              "a?b", "~", "*"]

    def __init__(self, seed):
        self.random = random.Random(seed)

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, good, bad=None):
        return self.random.choice(bad if bad and self.chance(0.04) else good)

    def port(self):
        return self.pick(["", ":", ":5672", ":0", ":65535", ":05672", ":1"],
                         [":x", ":-1", ":+7", ":1_000", ": 5", ":5 ", ":65536", ":99999999999", ":5:6", "::", ":0x1", ":٣"])

    def host(self):
        user = ""
        if self.chance(0.5):
            user = self.pick(self.WORDS, self.BAD_WORDS)
            if self.chance(0.8):
                user += ":" + self.pick(self.WORDS, self.BAD_WORDS)
            user += "@"
        kind = self.random.random()
        if kind < 0.7:
            return user + self.pick(self.NAMES, ["", "h]", "[h", "h[1]", "℀"]) + self.port()
        if kind < 0.9:
            after = self.pick([""], ["x", "]", "[", "x:1"])
            return user + "[" + self.pick(self.IPV6, self.BAD_IPV6) + "]" + after + self.port()
        return user + self.pick(self.IPV6, self.BAD_IPV6) + self.pick(["", ":5672"])

    def query(self):
        pairs = []
        for _ in range(self.random.randrange(5)):
            pairs.append(self.pick(self.KEYS) + self.pick(["=", "=", "=", "", "=="]) + self.pick(self.VALUES, ["%FF", "%00"]))
        return self.pick(["?", "?", "?", "?&"]) + self.pick(["&", "&", "&&"]).join(pairs)

    def url(self):
        hosts = self.pick([",", ",", ",,"]).join(self.host() for _ in range(self.random.choice([0, 1, 1, 1, 2, 3])))
        text = self.pick(self.SCHEMES, self.BAD_SCHEMES) + self.pick(["://"], [":", "", ":/", "//", ":///"])
        text += self.pick([""], [","]) + hosts + self.pick([""], [","]) + self.pick(self.PATHS, ["/%00", "/%FF", "x"])
        if self.chance(0.4):
            text += self.query()
        if self.chance(0.1):
            text += "#" + self.pick(["", "x", "a?b", "/x"])
        if self.chance(0.03):
            text = self.pick([" ", "\n", "\t", "\x01 "]) + text
        if self.chance(0.03):
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.pick(["\t", "\n", "\r", " "]) + text[at:]
        return text


def netloc_of(text):
    """The host list, found as Python does; None where there is none."""
    text = re.sub("[\t\r\n]", "", text.lstrip("".join(map(chr, range(33)))))
    match = re.match("(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)", text)
    return match.group(1) if match else None


def host_items(text):
    return [item for item in (netloc_of(text) or "").split(",") if item]


def host_names(text):
    """HOST[:PORT] of every item."""
    return [item.rsplit("@", 1)[-1] for item in host_items(text)]


def is_ipv6(text):
    try:
        return bool(ipaddress.IPv6Address(text))
    except ValueError:
        return False


def has_odd_port(text):
    """A port that Python's int() takes and that is no plain number of sixteen bits."""
    for name in host_names(text):
        port = name.rpartition("]")[2].partition(":")[2] if name.startswith("[") else name.partition(":")[2]
        try:
            if port and (not re.fullmatch("[0-9]+", port) or int(port) > 65535):
                int(port)
                return True
        except ValueError:
            pass
    return False


def has_odd_brackets(text):
    """Brackets anywhere but around an IPv6 address."""
    for item in host_items(text):
        user, _, name = item.rpartition("@")
        if "[" in user or "]" in user:
            return True
        if "[" in name or "]" in name:
            match = re.fullmatch(r"\[([^]]*)\](:.*)?", name)
            if not match or not (is_ipv6(match.group(1)) or re.match(r"v[0-9a-fA-F]+\..", match.group(1))):
                return True
            if "[" in (match.group(2) or "") or "]" in (match.group(2) or ""):
                return True
    return False


def undecodable(text):
    """Something decodes to a NUL or to what is no UTF-8."""
    return "%00" in text or b"\xef\xbf\xbd" in urllib.parse.unquote_to_bytes(urllib.parse.unquote(text))


# name: (what is accepted by Ostler, whether this text shows the difference)
DIFFERENCES = {
    "a bare IPv6 address is a host": (True, lambda text: any(is_ipv6(name) for name in host_names(text))),
    "no look-alike characters are sought in host names": (True, lambda text: "℀" in (netloc_of(text) or "")),
    "a port is a plain number up to 65535": (False, has_odd_port),
    "brackets stand around IPv6 addresses only": (False, has_odd_brackets),
    "no text holds a NUL or anything but UTF-8": (False, undecodable),
}


def oslo_parse(text):
    """oslo.messaging's URL, or the exception."""
    single = "," not in (netloc_of(text) or "")
    if check_brackets:
        urllib.parse._check_bracketed_netloc = check_brackets if single else lambda netloc: None
    try:
        return oslo.TransportURL.parse(CONF, text), None
    except (ValueError, oslo.InvalidTransportURL) as error:
        return None, error


def oslo_print(url):
    """As oslo.messaging prints it, but for a host whose name is empty and which has no port: it prints nothing then."""
    text = str(url)
    if any(host.hostname == "" and host.port is None for host in url.hosts):
        named = oslo.TransportURL(CONF, url.transport, url.virtual_host, query=url.query)
        for host in url.hosts:
            empty = host.hostname == "" and host.port is None
            named.hosts.append(oslo.TransportHost("EMPTY" if empty else host.hostname, host.port, host.username,
                                                  host.password))
        text = str(named).replace("EMPTY", ":")
    return text


def oslo_answer(url):
    return {
        "scheme": url.transport,
        "driver": url.transport.split("+")[0],
        "virtual_host": url.virtual_host,
        "hosts": [[host.hostname, host.port, host.username, host.password] for host in url.hosts],
        "query": [[name, value] for name, value in url.query.items()],
        "print": oslo_print(url),
    }


def ask(lines):
    """The helper's answers to many questions."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    done = subprocess.run([HELPER], input=text.encode(), stdout=subprocess.PIPE, timeout=240, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(text, answer):
    """The name of a difference that is allowed, "" for none; raises AssertionError for any other."""
    url, error = oslo_parse(text)
    if (url is None) == ("error" in answer):
        if url is not None:
            expected = oslo_answer(url)
            for name, value in expected.items():
                assert answer[name] == value, "%s is %r instead of %r" % (name, answer[name], value)
        else:
            assert answer["status"] == "OSTLER_E_URL", answer["status"]
        return ""
    accepted = url is None
    for name, (accepts, shows) in DIFFERENCES.items():
        if accepts == accepted and shows(text):
            return name
    raise AssertionError("accepted, but oslo.messaging says %s" % error if accepted else
                         "%s, but oslo.messaging accepts it" % answer["error"])


def comparisons(urls, answers):
    seen = set()
    for text, answer in zip(urls, answers):
        try:
            seen.add(compare(text, answer))
        except AssertionError as error:
            yield "%r: %s" % (text, error)
    for name in sorted(set(DIFFERENCES) - seen):
        yield "no URL showed the difference: " + name


def unfaithful_prints(urls, answers):
    for text, answer in zip(urls, answers):
        if "error" not in answer and not answer["survives"]:
            yield "%r: printed as %r, which is another URL" % (text, answer["print"])


def wrong_equalities(pairs, answers):
    for (first, second), answer in zip(pairs, answers):
        a, b = oslo_parse(first)[0], oslo_parse(second)[0]
        if a is None or b is None or "equal" not in answer:
            continue
        for url in (a, b):  # none and an empty one are the same virtual host to Ostler
            url.virtual_host = url.virtual_host or ""
        if answer["equal"] != (a == b):
            yield "%r and %r: equal is %s" % (first, second, answer["equal"])


SECRET = "SeCrEt"


def leaks(urls, answers):
    """Passwords that show up in what is meant for logs."""
    for text, answer in zip(urls, answers):
        # A text that parses with its secret outside of a password cannot be told from one that is meant so.
        if "error" not in answer and not any(SECRET in (host[3] or "") for host in answer["hosts"]):
            continue
        for name in ("error", "mask", "safe"):
            if SECRET in answer.get(name, ""):
                yield "%r: %s shows it: %r" % (text, name, answer[name])


def secret_urls(generator, count):
    """URLs with a password in each place where one can be written, broken in many ways."""
    around = ["", "/", "?", "#", "[", "]", ",", "@", ":", "%00", "%FF", "a", ",x@", "@y:", "://"]
    for _ in range(count):
        before, after = generator.random.choice(around), generator.random.choice(around)
        host = "u:" + before + SECRET + after + "@" + generator.host()
        others = [generator.host() for _ in range(generator.random.randrange(3))]
        place = generator.random.randrange(len(others) + 1)
        hosts = ",".join(others[:place] + [host] + others[place:])
        yield "rabbit" + generator.pick(["://", "://", "://", ":", "//", ""]) + hosts + generator.pick(generator.PATHS)


def report(number, name, failures):
    failures = list(failures)
    print("%sok %d - %s" % ("not " if failures else "", number, name))
    for failure in failures[:20]:
        print("# " + failure.encode("unicode_escape").decode())
    if len(failures) > 20:
        print("# and %d more" % (len(failures) - 20))
    return not failures


def main():
    logging.disable(logging.CRITICAL)
    generator = Generator(SEED)
    urls = [text for text in (generator.url() for _ in range(URLS)) if text]
    pairs = [[generator.url(), generator.url()] for _ in range(PAIRS // 3)]
    for text in urls[:PAIRS // 3]:
        pairs.append([text, re.sub(r"\?.*", "", text)])
        pairs.append([text, re.sub("(?<=//)[^/?#]*", lambda netloc: netloc.group().swapcase(), text)])
    secrets = list(secret_urls(generator, URLS // 4))
    answers = ask([[text] for text in urls])
    accepted = sum("error" not in answer for answer in answers)

    print("1..5")
    good = [
        report(1, "%d URLs read alike" % len(urls), comparisons(urls, answers)),
        report(2, "printed URLs are equal to what was printed", unfaithful_prints(urls, answers)),
        report(3, "%d pairs are equal or not alike" % len(pairs), wrong_equalities(pairs, ask(pairs))),
        report(4, "%d broken and whole URLs show no password" % len(secrets),
               leaks(secrets, ask([[text] for text in secrets]))),
        report(5, "good and bad URLs were many (%d and %d)" % (accepted, len(urls) - accepted),
               [] if min(accepted, len(urls) - accepted) > URLS // 20 else ["too few of one kind"]),
    ]
    return 0 if all(good) else 1


if __name__ == "__main__":
    CONF = cfg.ConfigOpts()
    CONF([])
    sys.exit(main())
