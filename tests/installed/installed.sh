#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an installed Ostler is good for: an endpoint of one's own, built with pkg-config alone from the example in the
# installed <ostler/endpoint.h>, is named in a config, served by ostlerd and called with ostler; programs in C and C++
# link the library.
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

stop_host() {
    [ -z "$host" ] || kill "$host" 2>/dev/null
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

# The example in the comment at the head of the header.
example() {
    sed -n -e '1,/^ \*\//{s/^ \*     //p; s/^ \*$//p;}' "$prefix/include/ostler/endpoint.h"
}

build_endpoint() {
    example >"$work/greeter.c"
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
plan
