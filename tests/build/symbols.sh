#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libostler exports what core/libostler.sym lists, and that is what the public headers declare. No name is defined twice:
# the library and the modules must fit into one program.
#
# Environment: CC, JSONC_CFLAGS, OSTLER_SRCDIR, OSTLER_BUILDDIR.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
LC_ALL=C
export LC_ALL

# Names in the headers that are declared with OSTLER_API.
declared() {
    for header in "$srcdir"/core/include/ostler/*.h; do
        echo "#include <ostler/$(basename "$header")>"
    done >"$work/all.c"
    # shellcheck disable=SC2086
    ${CC:-cc} -E -P -I"$srcdir/core/include" ${JSONC_CFLAGS:-} "$work/all.c" | tr '\n' ' ' | tr ';' '\n' |
        sed -n 's/.*visibility("default").*[ *]\(ostler_[a-z0-9_]*\)(.*/\1/p' | sort -u
}

exported() {
    nm -D --defined-only "$builddir/.libs/libostler.so" | awk '$2 != "A" { sub("@.*", "", $3); print $3 }' | sort -u
}

# Names that more than one of the library and the transports define. Each module has a descriptor, under a name of its own
# where it is linked in.
twice() {
    for part in "$builddir"/core "$builddir"/plugins/transports/*/; do
        find "$part" -name '*.o' -exec nm --defined-only {} + | awk '$2 == "T" || $2 == "D" || $2 == "B" { print $3 }' |
            sort -u
    done | sort | uniq -d | grep -vE '^(__.*|ostler_module)$'
}

same() {
    diff -u "$1" "$2"
}

sort -u "$srcdir/core/libostler.sym" >"$work/listed"
declared >"$work/declared"
check "the list is what the headers declare" same "$work/declared" "$work/listed"
if [ -e "$builddir/.libs/libostler.so" ]; then
    exported >"$work/exported"
    check "the library exports the list and nothing else" same "$work/listed" "$work/exported"
fi
twice >"$work/twice"
: >"$work/none"
check "no name is defined twice in the library and the transports" same "$work/none" "$work/twice"
plan
