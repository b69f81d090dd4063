#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command against real hosts over nanomsg: every verb, every exit code, bad input."""
import json
import os
import signal
import subprocess
import time

from cli_support import (OSTLER, SOURCE, Scratch, ended, environment, expect, main, run, run_on_terminal, start)

scratch = Scratch()
URL = scratch.url


def ostler(*words, **options):
    return run("--url", URL, *words, **options)


def check(result, exit_code, out="", err=()):
    """Exit code and standard output as given; each text of err is said on standard error."""
    expect(result.exit_code == exit_code, "exit code %d expected: %r" % (exit_code, result))
    expect(result.out == out, "stdout %r expected: %r" % (out, result))
    expect(bool(err) == bool(result.err), "stderr: %r" % result)
    for text in err:
        expect(text in result.err, "%r expected on stderr: %r" % (text, result))


def still_serving():
    check(ostler("call", "demo", "echo", "arg=alive"), 0, '"alive"\n')


# --- verbs


def call_prints_the_result_and_nothing_else():
    check(ostler("call", "demo", "echo", "arg=hello"), 0, '"hello"\n')
    check(ostler("call", "demo", "echo", "arg=a/b é"), 0, '"a/b é"\n')
    check(ostler("call", "demo", "echo", "arg:=null"), 0, "null\n")
    check(ostler("call", "demo", "echo", 'arg:={"a":[1,2.5,null,true,"x"]}'), 0, '{"a":[1,2.5,null,true,"x"]}\n')
    check(ostler("call", "demo", "sleep", "seconds:=0.01"), 0, "0.01\n")


def arguments_from_files_and_standard_input():
    path = scratch.file("argument.json", "[1, 2]\n")
    check(ostler("call", "demo", "echo", "arg:=@" + path), 0, "[1,2]\n")
    check(ostler("call", "demo", "echo", "arg:=@-", stdin=b'"piped"'), 0, '"piped"\n')
    check(ostler("call", "demo", "echo", "arg=@" + path), 0, json.dumps("@" + path) + "\n")


def options_stand_anywhere():
    check(run("call", "--url", URL, "demo", "--timeout", "60", "echo", "--retry=3", "arg=x"), 0, '"x"\n')
    check(run("call", "demo", "echo", "arg=--json", "--url", URL), 0, '"--json"\n')
    check(ostler("call", "--", "demo", "echo", "arg=x"), 0, '"x"\n')


def the_url_comes_from_many_places():
    nobody = "nanomsg://" + scratch.path + "/nobody"
    good = scratch.file("good.conf", "[DEFAULT]\ntransport_url = %s\n" % URL)
    bad = scratch.file("bad.conf", "[DEFAULT]\ntransport_url = gone://\n")
    folder = os.path.join(scratch.path, "conf.d")
    os.mkdir(folder)
    os.link(good, os.path.join(folder, "good.conf"))
    words = ("call", "demo", "echo", "arg=x")
    check(run(*words, env=environment(OSTLER_URL=URL)), 0, '"x"\n')
    check(run("--config-file", good, *words, env=environment(OSTLER_URL="gone://")), 0, '"x"\n')
    check(run("--config-file", bad, "--config-file", good, *words), 0, '"x"\n')
    check(run("--config-dir", folder, *words), 0, '"x"\n')
    check(run("--config-file", bad, "--url", URL, *words, env=environment(OSTLER_URL=nobody)), 0, '"x"\n')
    check(run(*words, env=environment(OS_DEFAULT__TRANSPORT_URL=URL)), 0, '"x"\n')


def the_default_url_needs_no_option():
    runtime = os.path.join(scratch.path, "runtime")
    os.mkdir(runtime, 0o700)
    result = run("call", "demo", "echo", "--verbose", "--timeout", "0.2", env=environment(XDG_RUNTIME_DIR=runtime))
    expect(result.exit_code == 3, result)


def a_named_server_answers():
    for server in ("node1", "node2"):
        result = ostler("call", "demo", "describe", "--namespace", "control", "--api-version", "2.0", "--server",
                        server)
        expect(result.exit_code == 0 and result.value["target"]["server"] == server, result)


def requests_of(server, method):
    result = ostler("call", "demo", "stats", "--namespace", "control", "--api-version", "2.0", "--server", server)
    expect(result.exit_code == 0, result)
    for each in result.value["methods"]:
        if each["method"] == method:
            return each["requests"]
    return 0


def wait_for_requests(wanted):
    """Casts are not answered: their traces are awaited."""
    deadline = time.monotonic() + 60
    while True:
        seen = {server: requests_of(server, "echo") for server in wanted}
        if seen == wanted or time.monotonic() > deadline:
            expect(seen == wanted, "%r expected: %r" % (wanted, seen))
            return


def cast_reaches_one_server_or_all():
    before = {server: requests_of(server, "echo") for server in ("node1", "node2")}
    check(ostler("cast", "demo", "echo", "arg=x", "--fanout"), 0)
    check(ostler("cast", "demo", "echo", "arg=x", "--server", "node2"), 0)
    wait_for_requests({"node1": before["node1"] + 1, "node2": before["node2"] + 2})


def describe_gathers_all_servers():
    result = ostler("describe", "demo")
    expect(result.exit_code == 0 and result.err == "", result)
    expect(result.out.count("\n") == 1, result)
    expect([each["target"]["server"] for each in result.value] == ["node1", "node2"], result)
    methods = [method["name"] for endpoint in result.value[0]["endpoints"] for method in endpoint["methods"]]
    expect("echo" in methods and "ping" in methods, result)


def describe_one_server():
    result = ostler("describe", "demo", "--server", "node2")
    expect(result.exit_code == 0, result)
    expect([each["target"]["server"] for each in result.value] == ["node2"], result)


def describe_is_a_table_on_a_terminal():
    result = run_on_terminal("--url", URL, "describe", "demo")
    expect(result.exit_code == 0, result)
    for text in ("demo on node1", "demo on node2", "control", "null namespace, version 1.1", "echo(arg: any)",
                 "returns ARG"):
        expect(text in result.out, "%r expected: %r" % (text, result))
    result = run_on_terminal("--url", URL, "describe", "demo", "--json")
    expect(len(json.loads(result.out)) == 2, result)


def call_is_readable_on_a_terminal():
    result = run_on_terminal("--url", URL, "call", "demo", "echo", 'arg:={"a": 1}')
    expect(result.out.split() == ["{", '"a":', "1", "}"] and result.out.count("\n") > 1, result)


# --- exit codes


def a_timeout_is_3():
    check(ostler("call", "demo", "sleep", "seconds:=60", "--timeout", "0.3"), 3, err=["sleep"])
    check(ostler("call", "nobody", "echo", "--timeout", "0.3"), 3, err=["ostler: "])
    check(ostler("describe", "nobody", "--timeout", "0.3"), 3, err=["nobody"])


def a_remote_failure_is_4():
    fail = ("call", "demo", "fail", "module=acme.errors", "cls=TooHot", "message=98 degrees")
    check(ostler(*fail), 4, err=["acme.errors.TooHot: 98 degrees"])
    check(ostler("call", "demo", "nonsense"), 4, err=["NoSuchMethod"])
    check(ostler("call", "demo", "echo", "arg=x", "--api-version", "9.0"), 4, err=["UnsupportedVersion"])
    check(ostler("call", "demo", "echo", "arg=x", "--namespace", "nowhere"), 4, err=["UnsupportedVersion"])
    check(ostler("call", "demo", "echo", "other=x"), 4, err=["TypeError"])


def control_characters_of_a_remote_failure_do_no_harm():
    result = ostler("call", "demo", "fail", "module=m", "cls=C", "message=\x1b[31mred")
    expect(result.exit_code == 4 and "\x1b" not in result.err, result)


def nobody_there_is_6_if_asked_for():
    check(ostler("call", "nobody", "echo", "--at-least-once", "--timeout", "20"), 6, err=["nobody"])
    check(ostler("cast", "nobody", "echo", "--at-least-once", "--timeout", "20"), 6, err=["nobody"])


def the_version_cap_is_7():
    check(ostler("call", "demo", "echo", "arg=x", "--api-version", "1.1", "--version-cap", "1.0"), 7, err=["1.0"])
    check(ostler("call", "demo", "echo", "arg=x", "--api-version", "1.0", "--version-cap", "1.1"), 0, '"x"\n')


def an_unknown_driver_is_8():
    check(run("--url", "pigeon://loft", "call", "demo", "echo"), 8, err=["pigeon"])


def a_wrong_url_or_configuration_is_2():
    for url in ("", "nonsense", "nanomsg://[::1", "nanomsg://a:99x/"):
        result = run("--url", url, "call", "demo", "echo")
        expect(result.exit_code == 2 and result.out == "" and result.err, "%r: %r" % (url, result))
    check(run("--url", "nanomsg://user:secret@a:99x/", "call", "demo", "echo"), 2, err=["***"])
    missing = os.path.join(scratch.path, "missing.conf")
    check(run("--config-file", missing, "call", "demo", "echo"), 2, err=[missing])
    wrong = scratch.file("wrong.conf", "[DEFAULT]\nrpc_response_timeout = soon\n")
    check(run("--config-file", wrong, "call", "demo", "echo"), 2, err=[wrong + ":2", "rpc_response_timeout"])


def wrong_usage_is_2_and_says_what():
    cases = (
        (("call",), "too few"),
        (("sing",), "sing"),
        ((), "verb"),
        (("call", "demo", "echo", "arg"), "'arg'"),
        (("call", "demo", "echo", "=x"), "no name"),
        (("call", "demo", "echo", "arg:={"), "'arg'"),
        (("call", "demo", "echo", "arg=1", "arg=2"), "'arg': given twice"),
        (("call", "demo", "echo", "--nonsense"), "--nonsense"),
        (("call", "demo", "echo", "--url"), "--url"),
        (("call", "demo", "echo", "--fanout"), "--fanout"),
        (("call", "demo", "echo", "--timeout", "soon"), "--timeout"),
        (("call", "demo", "echo", "--retry", "x"), "--retry"),
        (("call", "demo", "echo", "--api-version", "one"), "--api-version"),
        (("call", "demo", "echo", "--version-cap", "1"), "--version-cap"),
        (("call", "demo", "echo", "--context", "x"), "--context"),
        (("call", "demo", "echo", "--server", "n" * 256), "--server"),
        (("call", "t" * 256, "echo"), "TOPIC"),
        (("call", "demo", ""), "METHOD"),
        (("describe", "demo", "echo"), "too many"),
        (("bench", "demo", "--in-flight", "2", "--threads", "2"), "choose one"),
        (("bench", "demo", "--calls", "2", "--duration", "2"), "choose one"),
        (("bench", "demo", "--duration", "0"), "--duration"),
        (("bench", "demo", "--in-flight", "many"), "--in-flight"),
        (("bench", "demo", "--payload", "much"), "--payload"),
        (("bench", "demo", "echo", "arg=x", "--payload", "3"), "'arg'"),
    )
    for words, text in cases:
        result = ostler(*words)
        expect(result.exit_code == 2 and result.out == "", "%r: %r" % (words, result))
        expect(text in result.err and "--help" in result.err, "%r: %r" % (words, result))


# --- bad input


def a_message_that_is_too_large_is_refused():
    path = scratch.file("large.json", b'"' + b"x" * 100_000_000 + b'"')
    result = ostler("call", "demo", "echo", "arg:=@" + path)
    os.unlink(path)
    check(result, 1, err=["bytes", "max_message_size"])
    still_serving()


def deep_nesting_is_refused():
    path = scratch.file("deep.json", "[" * 10000 + "]" * 10000)
    check(ostler("call", "demo", "echo", "arg:=@" + path), 2, err=["'arg': nested deeper"])
    deep = "[" * 10000 + "]" * 10000
    check(ostler("call", "demo", "echo", "arg:=" + deep), 2, err=["'arg': nested deeper"])
    check(ostler("call", "demo", "echo", "--context", "c:=" + deep), 2, err=["--context", "nested deeper"])
    still_serving()


def invalid_utf8_is_refused():
    for word in (b"arg=\xff", b'arg:="\xc3"', b"\xff=x"):
        check(ostler("call", "demo", "echo", word), 2, err=["UTF-8"])
    check(ostler("call", "demo", b"\xff"), 2, err=["UTF-8"])


def wait_for_sleep(topic, server):
    """Until a call of sleep is under way."""
    deadline = time.monotonic() + 60
    while True:
        result = ostler("call", topic, "stats", "--namespace", "control", "--api-version", "2.0", "--server", server)
        expect(result.exit_code == 0, result)
        if any(each["method"] == "sleep" and each["in_flight"] for each in result.value["methods"]):
            return
        expect(time.monotonic() < deadline, "the call did not begin: %r" % result)


def an_interrupted_call_is_ended():
    for number, server, exit_code in ((signal.SIGINT, "node1", 130), (signal.SIGTERM, "node2", 143)):
        process = start("--url", URL, "call", "demo", "sleep", "seconds:=20", "--server", server, "--timeout", "100")
        begun = time.monotonic()
        wait_for_sleep("demo", server)
        process.send_signal(number)
        check(ended(process), exit_code)
        expect(time.monotonic() - begun < 20, "it waited for the answer")


def a_closed_pipe_ends_it_quietly():
    read_end, write_end = os.pipe()
    os.close(read_end)
    for words in (("call", "demo", "echo", "arg=x"), ("describe", "demo"), ("bench", "demo", "--calls", "5")):
        result = ostler(*words, stdout=write_end)
        check(result, 141)
    os.close(write_end)


def a_full_disk_is_told():
    with open("/dev/full", "wb") as full:
        check(ostler("call", "demo", "echo", "arg=x", stdout=full), 1, err=["No space left"])


# --- bench

BENCH_KEYS = {"calls", "errors", "seconds", "rate", "p50_us", "p99_us", "p999_us", "max_us", "in_flight",
              "payload_bytes"}


def bench(*words):
    result = ostler("bench", "demo", "--json", *words)
    expect(result.exit_code == 0 and result.err == "", result)
    expect(set(result.value) == BENCH_KEYS, result)
    expect(result.value["errors"] == 0 and result.value["calls"] > 0 and result.value["rate"] > 0, result)
    expect(0 < result.value["p50_us"] <= result.value["p99_us"] <= result.value["p999_us"] <= result.value["max_us"],
           result)
    return result.value


def bench_makes_the_calls_it_is_asked_for():
    value = bench("--calls", "200")
    expect(value["calls"] == 200 and value["in_flight"] == 1 and value["payload_bytes"] == 0, value)
    value = bench("--calls", "500", "--in-flight", "16", "--payload", "300")
    expect(value["calls"] == 500 and value["in_flight"] == 16 and value["payload_bytes"] == 300, value)
    value = bench("--calls", "100", "--threads", "4")
    expect(value["calls"] == 100 and value["in_flight"] == 4, value)
    value = bench("sleep", "seconds:=0.001", "--calls", "20", "--in-flight", "20", "--warm-up", "0")
    expect(value["calls"] == 20 and value["p50_us"] >= 1000, value)


def bench_lasts_as_long_as_it_is_asked_to():
    value = bench("--duration", "0.5", "--in-flight", "4")
    expect(value["seconds"] >= 0.5 and abs(value["rate"] * value["seconds"] - value["calls"]) < 2, value)


def bench_warms_up_uncounted():
    before = requests_of("node1", "echo")
    value = bench("--calls", "10", "--warm-up", "7", "--server", "node1")
    expect(value["calls"] == 10 and requests_of("node1", "echo") == before + 17, value)


def bench_counts_failures():
    result = ostler("bench", "demo", "fail", "module=m", "cls=Broken", "message=x", "--calls", "5", "--json")
    expect(result.exit_code == 4 and "m.Broken" in result.err or "Broken" in result.err, result)
    expect(result.value["errors"] == result.value["calls"] > 0, result)
    result = ostler("bench", "nobody", "--timeout", "0.2", "--json")
    expect(result.exit_code == 3 and result.value["errors"] == 1 and "OSTLER_E_TIMEOUT" in result.err, result)


def bench_gives_up_when_nothing_succeeds():
    result = ostler("bench", "demo", "nonsense", "--json", "--warm-up", "0", "--duration", "100")
    expect(result.exit_code == 4 and result.value["errors"] == result.value["calls"] == 101, result)


def bench_shows_progress_on_a_terminal_only():
    result = run_on_terminal("--url", URL, "bench", "demo", "--duration", "2.5")
    expect(result.exit_code == 0 and "calls per second" in result.out, result)
    expect("a second" in result.err and "a second" not in result.out, result)
    result = run_on_terminal("--url", URL, "bench", "demo", "--duration", "1.5", "--json")
    expect(set(json.loads(result.out)) == BENCH_KEYS and result.err == "", result)


def an_interrupted_bench_reports():
    for words in ((), ("--in-flight", "8"), ("--threads", "2")):
        before = requests_of("node1", "echo")
        process = start("--url", URL, "bench", "demo", "--duration", "100", "--json", "--server", "node1", *words)
        begun = time.monotonic()
        while requests_of("node1", "echo") < before + 20:
            expect(time.monotonic() < begun + 60, "the bench did not begin")
        process.send_signal(signal.SIGINT)
        result = ended(process)
        expect(result.exit_code == 130 and result.value["calls"] > 0 and result.value["errors"] == 0, result)


# --- help


def help_version_and_completion():
    for verb in ("call", "cast", "notify", "listen", "describe", "bench"):
        result = run(verb, "--help")
        expect(result.exit_code == 0 and result.err == "" and result.out.startswith("ostler %s " % verb), result)
        expect(verb in run("--help").out, verb)
    expect(run("--version").out.startswith("ostler 0."), run("--version"))
    check(run("--help", stdout=subprocess.DEVNULL), 0)
    script = """
        PATH=%s:$PATH; source %s/etc/ostler.bash
        complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ostler; echo "${COMPREPLY[*]}"; }
        complete_words ostler b
        complete_words ostler bench demo --pay
        complete_words ostler --ti
        complete_words ostler listen demo --priority a
        complete_words ostler listen demo --event
    """ % (os.path.dirname(OSTLER), SOURCE)
    lines = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, timeout=60, check=True,
                           env=environment()).stdout.decode().splitlines()
    expect(lines == ["bench", "--payload", "--timeout", "audit", "--event-type"], lines)


def a_server_that_dies_is_5():
    host = scratch.start_host("mortal", topic="mortal")
    process = start("--url", URL, "call", "mortal", "sleep", "seconds:=100", "--timeout", "110")
    wait_for_sleep("mortal", "mortal")
    host.kill()
    host.wait()
    check(ended(process), 5, err=["sleep"])


def no_trace_is_left():
    left = [name for folder in os.walk(scratch.path + "/s") for name in folder[2]]
    expect(len(left) <= 2 * len(scratch.hosts) + 2, left)


TESTS = [
    call_prints_the_result_and_nothing_else,
    arguments_from_files_and_standard_input,
    options_stand_anywhere,
    the_url_comes_from_many_places,
    the_default_url_needs_no_option,
    a_named_server_answers,
    cast_reaches_one_server_or_all,
    describe_gathers_all_servers,
    describe_one_server,
    describe_is_a_table_on_a_terminal,
    call_is_readable_on_a_terminal,
    a_timeout_is_3,
    a_remote_failure_is_4,
    control_characters_of_a_remote_failure_do_no_harm,
    nobody_there_is_6_if_asked_for,
    the_version_cap_is_7,
    an_unknown_driver_is_8,
    a_wrong_url_or_configuration_is_2,
    wrong_usage_is_2_and_says_what,
    a_message_that_is_too_large_is_refused,
    deep_nesting_is_refused,
    invalid_utf8_is_refused,
    an_interrupted_call_is_ended,
    a_closed_pipe_ends_it_quietly,
    a_full_disk_is_told,
    bench_makes_the_calls_it_is_asked_for,
    bench_lasts_as_long_as_it_is_asked_to,
    bench_warms_up_uncounted,
    bench_counts_failures,
    bench_gives_up_when_nothing_succeeds,
    bench_shows_progress_on_a_terminal_only,
    an_interrupted_bench_reports,
    help_version_and_completion,
    a_server_that_dies_is_5,
    no_trace_is_left,
]

try:
    for name in ("node1", "node2"):
        scratch.start_host(name)
    main(TESTS)
finally:
    scratch.close()
