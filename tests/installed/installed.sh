#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an installed Ostler is good for: an endpoint of one's own, built with pkg-config alone from the example in the
# installed <ostler/endpoint.h>, is named in a config, served by ostlerd and called with ostler; programs in C and C++
# link the library; the programs in the installed notifications.md emit and handle notifications, also through the notifier
# driver that <ostler/notifier_driver.h> begins with.
#
# Environment: OSTLER_PREFIX (where it is installed), CC, CXX.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
prefix=${OSTLER_PREFIX:?}
unset OSTLER_PLUGIN_PATH OSTLER_URL
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
ostlerd=$prefix/bin/ostlerd
ostler=$prefix/bin/ostler
url=nanomsg://$work/run
host=
listener=
plugins=

stop_host() {
    [ -z "$host" ] || kill "$host" 2>/dev/null
    [ -z "$listener" ] || kill "$listener" 2>/dev/null
}
trap 'stop_host; rm -rf "$work"' EXIT

# wait_until SECONDS COMMAND...: repeats the command until it succeeds.
wait_until() {
    tries=$(($1 * 10))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.1
    done
}

is_file() {
    [ -f "$1" ]
}

is_folder() {
    [ -d "$1" ]
}

# The example in the comment at the head of the header $1.
example() {
    sed -n -e '1,/^ \*\//{s/^ \*     //p; s/^ \*$//p;}' "$prefix/include/ostler/$1"
}

build_endpoint() {
    example endpoint.h >"$work/greeter.c"
    # shellcheck disable=SC2046
    ${CC:-cc} -Wall -Wextra -Werror -fPIC -shared -o "$work/greeter.so" "$work/greeter.c" $(pkg-config --cflags --libs ostler)
}

build_and_run() {
    cat >"$work/program.$1" <<'END'
#include <ostler/ostler.h>
#include <string.h>

int main(void)
{
    return strcmp(ostler_version(), OSTLER_VERSION) != 0;
}
END
    # shellcheck disable=SC2046
    $2 -o "$work/program" "$work/program.$1" $(pkg-config --cflags --libs ostler) -Wl,-rpath,"$prefix/lib" &&
        "$work/program"
}

write_config() {
    cat >"$work/ostlerd.conf" <<END
[DEFAULT]
transport_url = $url

[server]
topic = greeter
server = node1
endpoints = $work/greeter.so, echo, control
END
}

start_host() {
    "$ostlerd" --config-file "$work/ostlerd.conf" >"$work/ostlerd.log" 2>&1 &
    host=$!
}

greets() {
    "$ostler" call greeter greet name=World --url "$url" --timeout 2 >"$work/answer" &&
        grep -q '"hello": *"World"' "$work/answer"
}

# describe names the endpoint's method, and what it takes.
describes() {
    "$ostler" describe greeter --url "$url" >"$work/description" && grep -q greet "$work/description"
}

# A call that is wrong ends with the exit code of a remote failure.
refuses() {
    "$ostler" call greeter greet --url "$url" --timeout 10
    [ $? -eq 4 ]
}

# --- Notifications

# Builds the program in notifications.md that calls function $1, as $work/$2.
build_example() {
    awk '/^```/ { inside = !inside && $0 == "```c"; if (inside) text = ""; else if (text ~ wanted) printf "%s", text; next }
         inside { text = text $0 "\n" }' wanted="int main.*$1" "$prefix/share/doc/ostler/notifications.md" >"$work/$2.c"
    # shellcheck disable=SC2046
    ${CC:-cc} -Wall -Wextra -Werror -o "$work/$2" "$work/$2.c" $(pkg-config --cflags --libs ostler) -Wl,-rpath,"$prefix/lib"
}

build_driver() {
    example notifier_driver.h >"$work/lines.c"
    # shellcheck disable=SC2046
    ${CC:-cc} -Wall -Wextra -Werror -fPIC -shared -o "$work/lines.so" "$work/lines.c" $(pkg-config --cflags --libs ostler)
}

# boiler.conf, which emit reads, with further lines from standard input.
configure_notifier() {
    {
        printf '[DEFAULT]\ntransport_url = %s\n[oslo_messaging_notifications]\n' "$url"
        cat
    } >"$work/boiler.conf"
}

emit() {
    (cd "$work" && OSTLER_PLUGIN_PATH=$plugins ./emit)
}

listens() {
    OS_DEFAULT__TRANSPORT_URL=$url "$work/handle" >"$work/handled" 2>&1 &
    listener=$!
    echo "driver = messagingv2" | configure_notifier
    emit && wait_until 30 grep -q "boiler.hot from boiler.cellar" "$work/handled"
}

listener_stops() {
    kill -INT $listener && wait $listener
}

nobody_listens() {
    ! "$ostler" notify notifications boiler.hot --url "$url" --timeout 1 2>"$work/said" && grep "nobody listens to" "$work/said"
}

# The driver from outside, found in a folder of plugin_path by its name, alone and behind routing.
driver_takes() {
    configure_notifier <<END
driver = lines
[lines]
path = $work/kept.jsonl
END
    plugins=$work emit && grep -q '"event_type":"boiler.hot"' "$work/kept.jsonl"
}

driver_is_routed_to() {
    printf 'any:\n  lines: {accepted_priorities: [warn]}\n' >"$work/routes.yaml"
    configure_notifier <<END
driver = routing
routing_config = $work/routes.yaml
[lines]
path = $work/routed.jsonl
END
    plugins=$work emit && grep -q '"event_type":"boiler.hot"' "$work/routed.jsonl"
}

driver_refuses() {
    configure_notifier <<END
driver = lines
[lines]
path = $work/none/kept.jsonl
END
    ! plugins=$work emit 2>"$work/said" && grep 'notifier driver "lines": \[lines\] path: cannot open' "$work/said"
}

driver_is_missing() {
    echo "driver = lines" | configure_notifier
    ! plugins= emit 2>"$work/said" && grep 'no notifier "lines"' "$work/said"
}

driver_is_installed() {
    folder=$(pkg-config --variable=notifierdir ostler)
    mkdir -p "$folder" && cp "$work/lines.so" "$folder/" || return
    configure_notifier <<END
driver = lines
[lines]
path = $work/installed.jsonl
END
    plugins= emit && grep -q '"event_type":"boiler.hot"' "$work/installed.jsonl"
    code=$?
    rm "$folder/lines.so" && rmdir "$folder"
    return $code
}

host_stops() {
    kill "$host" && wait "$host"
    code=$?
    host=
    cat "$work/ostlerd.log"
    [ $code -eq 0 ]
}

for name in bin/ostler bin/ostlerd lib/libostler.so lib/pkgconfig/ostler.pc include/ostler/ostler.h; do
    check "$name is installed" is_file "$prefix/$name"
done
for kind in transport endpoint; do
    check "${kind}dir is a folder" is_folder "$(pkg-config --variable=${kind}dir ostler)"
done
check "a C program links the library" build_and_run c "${CC:-cc}"
check "a C++ program links the library" build_and_run cpp "${CXX:-c++}"
check "an endpoint is built with pkg-config alone" build_endpoint
write_config
check "its configuration is in order" "$ostlerd" --config-file "$work/ostlerd.conf" --check
start_host
check "it answers" wait_until 30 greets
check "it is described" describes
check "wrong arguments are a remote failure" refuses
check "the host stops when it is told to" host_stops
check "the notifier of the manual is built" build_example ostler_notify_warn emit
check "the listener of the manual is built" build_example ostler_listener_start handle
check "one hears of the other" listens
check "the listener ends when it is interrupted" listener_stops
check "with nobody there the sender is told" nobody_listens
check "a notifier driver is built with pkg-config alone" build_driver
check "it takes notifications" driver_takes
check "routing hands it those that its file says" driver_is_routed_to
check "what it refuses to open is told" driver_refuses
check "where it is not found is told" driver_is_missing
check "it is found in the installed folder" driver_is_installed
plan
