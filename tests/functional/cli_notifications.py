#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ostler notify and ostler listen: bad input, every way to end, and both together over nanomsg, or over the transport of
$OSTLER_TEST_URL. One that carries no notifications has the tests with both skipped."""
import json
import os
import select
import signal
import subprocess
import time

from cli_support import OSTLERD, PATIENCE, Scratch, Skip, ended, expect, main, run, start

scratch = Scratch()
URL = os.environ.get("OSTLER_TEST_URL", scratch.url)
numbers = iter(range(1000))


def check(result, exit_code, out="", err=()):
    expect(result.exit_code == exit_code, "exit code %d expected: %r" % (exit_code, result))
    expect(result.out == out, "stdout %r expected: %r" % (out, result))
    expect(bool(err) == bool(result.err), "stderr: %r" % result)
    for text in err:
        expect(text in result.err, "%r expected on stderr: %r" % (text, result))


# --- one at a time, in one process


def notify_refuses_what_is_wrong():
    for words, text in (
            (("notify", "demo"), "too few"),
            (("notify", "demo", "event", "--priority", "loud"), "'loud' is not a priority"),
            (("notify", "demo", "event", "[1]"), "payload: argument '[1]': neither NAME=STRING"),
            (("notify", "demo", "event", ":=[1]"), "payload: argument ':=[1]': no name"),
            (("notify", "demo", "event", "a:=[1"), "payload: argument 'a'"),
            (("notify", "demo", "event", "a=1", "a=2"), "given twice"),
            (("notify", "demo", "event", b"a=\xff"), "UTF-8"),
            (("notify", "demo", ""), "EVENT_TYPE"),
            (("notify", "demo", "event", "--context", "x"), "--context"),
            (("notify", "demo", "event", "--server", "s"), "no option --server"),
            (("notify", "demo", "event", "--pool", "p"), "no option --pool")):
        result = run("--url", "fake:", *words)
        expect(result.exit_code == 2 and result.out == "" and text in result.err and "--help" in result.err,
               "%r: %r" % (words, result))


def listen_refuses_what_is_wrong():
    for words, text in (
            ((), "too few"),
            (("demo", "--priority", "info", "--priority", "loud"), "'loud' is not a priority"),
            (("demo", "--event-type", "(a"), "filter on event_type: \"(a\" is no regular expression"),
            (("demo", "--publisher", "*"), "filter on publisher_id: \"*\" is no regular expression"),
            (("demo", "--event-type", b"\xff"), "--event-type"),
            (("demo", "--count", "0"), "--count"),
            (("demo", "--publisher-id", "x"), "no option --publisher-id"),
            (("demo", ""), "TOPIC")):
        result = run("--url", "fake:", "listen", *words)
        expect(result.exit_code == 2 and result.out == "" and text in result.err and "--help" in result.err,
               "%r: %r" % (words, result))


def a_url_that_is_none_and_a_driver_that_is_not_there():
    for words in (("listen", "demo"), ("notify", "demo", "event")):
        check(run("--url", "pigeon://loft", *words), 8, err=["pigeon"])
        check(run("--url", "no url", *words), 2, err=["no url"])


def the_url_of_notifications_comes_first():
    conf = scratch.file("notifications.conf", "[DEFAULT]\ntransport_url = pigeon://loft\n"
                                              "[oslo_messaging_notifications]\ntransport_url = fake:\n")
    check(run("--config-file", conf, "notify", "demo", "event"), 0)
    check(run("--config-file", conf, "listen", "demo", "--timeout", "0"), 0)
    check(run("--config-file", conf, "call", "demo", "echo"), 8, err=["pigeon"])


def await_ready(process, topic):
    """Reads standard error up to where it says that it listens."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith(b"ostler: listening to " + topic.encode()):
            return process
    process.wait(PATIENCE)
    raise AssertionError("it does not listen: %r" % lines)


def ready(topic, *words, url=None):
    """A listen that listens."""
    return await_ready(start("--url", url or URL, "listen", topic, "--verbose", *words), topic)


def signals_end_it_without_a_failure():
    for number in (signal.SIGINT, signal.SIGTERM):
        process = ready("demo", url="fake:")
        process.send_signal(number)
        result = ended(process)
        expect(result.exit_code == 0 and result.out == "", result)
    for number, exit_code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        process = ready("demo", "--count", "3", url="fake:")
        process.send_signal(number)
        result = ended(process)
        expect(result.exit_code == exit_code and result.out == "", result)


def a_timeout_is_a_failure_where_lines_were_asked_for():
    check(run("--url", "fake:", "listen", "demo", "--timeout", "0.2"), 0)
    check(run("--url", "fake:", "listen", "demo", "--timeout", "0.2", "--count", "2"), 3, err=["0 of 2"])


def a_reader_that_goes_away_ends_it_at_once():
    process = ready("demo", url="fake:")
    process.stdout.close()
    process.stdout = None
    result = ended(process)
    expect(result.exit_code == 0, result)


def no_output_at_all():
    check(run("--url", "fake:", "listen", "demo", "--timeout", "0.2", stdout=subprocess.DEVNULL), 0)


# --- both


def carried():
    result = run("--url", URL, "listen", "demo", "--timeout", "0")
    if result.exit_code == 8 and "carries no notifications" in result.err:
        check(run("--url", URL, "notify", "demo", "event"), 8, err=["carries no notifications"])
        raise Skip("the transport carries no notifications")


def topic():
    """One that no other test uses."""
    return "t%d-%d" % (os.getpid(), next(numbers))


def notify(*words):
    check(run("--url", URL, "notify", *words), 0)


def lines_of(process, exit_code=0):
    result = ended(process)
    expect(result.exit_code == exit_code, result)
    return [json.loads(line) for line in result.out.splitlines()]


def all_of_a_notification_is_printed():
    carried()
    name = topic()
    process = ready(name, "--count", "1")
    notify(name, "boiler.hot", "where=cellar é", "degrees:=98.5", "list:=[1,null]", "--priority", "warning",
           "--publisher-id", "boiler.h1", "--context", "user_id=me", "--context", "auth_token=hidden")
    (line,) = lines_of(process)
    expect(list(line) == ["priority", "publisher_id", "event_type", "payload", "context", "message_id", "timestamp"], line)
    expect(line["priority"] == "warn" and line["publisher_id"] == "boiler.h1", line)
    expect(line["event_type"] == "boiler.hot", line)
    expect(line["payload"] == {"where": "cellar é", "degrees": 98.5, "list": [1, None]}, line)
    expect(line["context"].get("user_id") == "me" and "auth_token" not in line["context"], line)
    expect(len(line["message_id"]) == 36 and line["timestamp"].startswith("20"), line)


def defaults():
    carried()
    name = topic()
    process = ready(name, "--count", "1")
    notify(name, "event")
    (line,) = lines_of(process)
    expect(line["priority"] == "info" and line["payload"] == {}, line)
    expect(line["publisher_id"].startswith("ostler."), line)


def filters_and_priorities():
    carried()
    name = topic()
    process = ready(name, "--priority", "error", "--priority", "info", "--event-type", "boiler\\.", "--publisher", ".*h1",
                    "--count", "2")
    for event_type, priority, publisher in (("boiler.a", "debug", "b.h1"), ("door.open", "info", "b.h1"),
                                            ("boiler.b", "info", "b.h2"), ("boiler.c", "error", "b.h1"),
                                            ("my.boiler.d", "info", "b.h1"), ("boiler.e", "info", "b.h1")):
        run("--url", URL, "notify", name, event_type, "--priority", priority, "--publisher-id", publisher,
            "--retry", "0", "--timeout", "10")
    expect(sorted(line["event_type"] for line in lines_of(process)) == ["boiler.c", "boiler.e"], "wrong ones")


def several_topics():
    carried()
    one, two = topic(), topic()
    process = start("--url", URL, "listen", one, two, "--verbose", "--count", "2")
    await_ready(process, two)
    notify(one, "a")
    notify(two, "b")
    expect(sorted(line["event_type"] for line in lines_of(process)) == ["a", "b"], "wrong ones")


def read_lines(processes, count):
    """The event types that come in @count lines from several; then they are ended."""
    streams = {process.stdout.fileno(): process for process in processes}
    texts = dict.fromkeys(streams, b"")
    deadline = time.monotonic() + PATIENCE
    while sum(text.count(b"\n") for text in texts.values()) < count and time.monotonic() < deadline:
        for number in select.select(list(streams), [], [], 1)[0]:
            texts[number] += os.read(number, 65536)
    for process in processes:
        process.send_signal(signal.SIGINT)
    for number, process in streams.items():
        texts[number] += ended(process).out.encode()
    return sorted(json.loads(line)["event_type"] for text in texts.values() for line in text.splitlines())


def every_pool_gets_it_and_one_of_the_pool():
    carried()
    name = topic()
    lonely = ready(name, "--count", "10", "--pool", name + "-a")
    shared = [ready(name, "--pool", name + "-b") for _ in range(2)]
    events = ["e%d" % number for number in range(10)]
    for event in events:
        notify(name, event)
    expect(sorted(line["event_type"] for line in lines_of(lonely)) == events, "the lonely one")
    got = read_lines(shared, len(events))
    expect(got == events, got)


# --- where what nobody takes is kept


def kept():
    if not URL.startswith("rabbit:"):
        raise Skip("the transport keeps nothing for a listener that is not there")


def event_types(name, count):
    """Those of the next so many."""
    result = run("--url", URL, "listen", name, "--count", str(count), "--timeout", str(PATIENCE / 2))
    expect(result.exit_code == 0, result)
    return sorted(json.loads(line)["event_type"] for line in result.out.splitlines())


def a_count_takes_no_more_than_that():
    kept()
    name = topic()
    check(run("--url", URL, "listen", name, "--timeout", "0"), 0)
    for number in range(5):
        notify(name, "e%d" % number)
    got = event_types(name, 2) + event_types(name, 3)
    expect(sorted(got) == ["e%d" % number for number in range(5)], got)


def what_a_full_disk_does_not_take_is_given_back():
    kept()
    name = topic()
    notify(name, "event")
    with open("/dev/full", "wb") as full:
        check(run("--url", URL, "listen", name, stdout=full), 1, err=["No space left"])
    expect(event_types(name, 1) == ["event"], "it is gone")


def a_reader_that_has_gone_takes_nothing():
    kept()
    name = topic()
    notify(name, "event")
    read_end, write_end = os.pipe()
    os.close(read_end)
    check(run("--url", URL, "listen", name, stdout=write_end), 0)
    os.close(write_end)
    expect(event_types(name, 1) == ["event"], "it is gone")


def start_audit(name, config):
    """An ostlerd that listens; it says so in its log."""
    host = subprocess.Popen([OSTLERD, "--config-file", config], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    scratch.hosts.append(host)
    for line in host.stderr:
        if b"ready: 1 listener" in line:
            return host
    raise AssertionError("%s: it does not start" % name)


def a_host_that_is_killed_loses_nothing():
    kept()
    name, path = topic(), os.path.join(scratch.path, "audit")
    config = scratch.file("audit.conf", "[listener]\ntransport_url = %s\ntopics = %s\nendpoints = audit\n"
                                        "allow_requeue = true\n[endpoint:audit]\npath = %s\n" % (URL, name, path))
    host = start_audit(name, config)
    for number in range(60):
        notify(name, "e%d" % number, "--priority", "audit")
        if number % 20 == 10:
            host.kill()
            host.wait()
            host.stderr.close()
            host = start_audit(name, config)
    wanted = {"e%d" % number for number in range(60)}
    deadline = time.monotonic() + PATIENCE
    while True:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        # The last line may be half written.
        got = {json.loads(line)["event_type"] for line in text[:text.rfind("\n") + 1].splitlines()}
        if got == wanted or time.monotonic() > deadline:
            break
    host.send_signal(signal.SIGTERM)
    host.communicate(timeout=PATIENCE)
    expect(got == wanted and host.returncode == 0, wanted - got)


TESTS = [
    notify_refuses_what_is_wrong,
    listen_refuses_what_is_wrong,
    a_url_that_is_none_and_a_driver_that_is_not_there,
    the_url_of_notifications_comes_first,
    signals_end_it_without_a_failure,
    a_timeout_is_a_failure_where_lines_were_asked_for,
    a_reader_that_goes_away_ends_it_at_once,
    no_output_at_all,
    all_of_a_notification_is_printed,
    defaults,
    filters_and_priorities,
    several_topics,
    every_pool_gets_it_and_one_of_the_pool,
    a_count_takes_no_more_than_that,
    what_a_full_disk_does_not_take_is_given_back,
    a_reader_that_has_gone_takes_nothing,
    a_host_that_is_killed_loses_nothing,
]

try:
    main(TESTS)
finally:
    scratch.close()
