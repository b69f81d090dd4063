#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include what, as the sources stand. The include paths of the build say the same; this also finds what they
# cannot: paths with "..", another library's header, a driver's name.
#
# Environment: CC, OSTLER_SRCDIR.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
cd "$srcdir" || exit 1

# Prints "FILE:LINE:NAME" for each #include "NAME" below the folders given.
quoted_includes() {
    grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@" 2>/dev/null |
        sed 's/:[^:"]*"\([^"]*\)".*/:\1/'
}

# Fails and shows its input if there is any.
none() {
    ! grep .
}

# layer FOLDER FOLDER...: the files of the first folder include by name only what the folders hold.
layer() {
    quoted_includes "$1" | while IFS=: read -r file line name; do
        for folder in "$@"; do
            [ -e "$folder/$name" ] && continue 2
        done
        echo "$file:$line: \"$name\" is in none of: $*"
    done | none
}

# Every quoted header is in the folder of the file that includes it.
own_headers_only() {
    quoted_includes "$1" | while IFS=: read -r file line name; do
        case $name in */*) ;; *) [ -e "$(dirname "$file")/$name" ] && continue ;; esac
        echo "$file:$line: \"$name\" is not a header of its own folder"
    done | none
}

no_paths() {
    grep -rnE --include='*.[ch]' '#[[:space:]]*include[[:space:]]*[<"](\.\.|core/|plugins/|host/)' \
        core plugins endpoints host cli tests bench 2>/dev/null | none
}

ltdl_in_one_place() {
    grep -rnE --include='*.[ch]' '#[[:space:]]*include[[:space:]]*[<"]ltdl\.h' core plugins endpoints host cli |
        grep -v '^core/load/' | none
}

public_headers_exist() {
    grep -rnoE --include='*.[ch]' '#include <ostler/[^>]*>' core plugins endpoints host cli |
        sed 's/<\(.*\)>/\1/' | while IFS=: read -r file line include; do
        [ -e "core/include/${include#* }" ] || echo "$file:$line: ${include#* } is no public header"
    done | none
}

# Drivers that are there, and others that are known by name.
driver_names() {
    for folder in plugins/transports/*/; do
        basename "$folder"
    done
    printf '%s\n' rabbit kombu kafka zmq amqp
}

# The code without its comments. Two files may: the one with the default transport URL, and the table of options, whose
# help has URLs for examples.
core_names_no_driver() {
    names=$(driver_names | sort -u | paste -sd '|')
    find core -name '*.[ch]' ! -path core/transport/default_url.c ! -path core/conf/options.c | sort | while read -r file; do
        ${CC:-cc} -fpreprocessed -dD -E -P -x c "$file" 2>/dev/null | grep -iE "(^|[^a-zA-Z])($names)([^a-zA-Z]|\$)" | sed "s,^,$file: ,"
    done | none
}

check "base stands alone" layer core/base
check "conf uses base" layer core/conf core/base
check "load uses base and conf" layer core/load core/base core/conf
check "transport uses base, conf and load" layer core/transport core/base core/conf core/load
check "rpc uses all of these" layer core/rpc core/base core/conf core/load core/transport
check "notify uses all of these and rpc" layer core/notify core/base core/conf core/load core/transport core/rpc
check "public headers include public headers" layer core/include/ostler
for part in plugins endpoints host cli; do
    check "$part: public headers and those of the same folder" own_headers_only $part
done
check "no header is included by a path through the tree" no_paths
check "every <ostler/...> that is included exists" public_headers_exist
check "libltdl is seen in core/load only" ltdl_in_one_place
check "the core names no driver" core_names_no_driver
plan
