#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles every public header alone, and twice in one file, as strict C11, C++11 and C++17; and every initialiser
# (OSTLER_X_INIT for struct ostler_x) in each language. The headers are those that are in the folder, so that none can be
# forgotten; each must also be among the installed ones.
#
# Environment: CC, CXX, OSTLER_SRCDIR.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
include=$srcdir/core/include
warnings="-pedantic-errors -Wall -Wextra -Wshadow -Wconversion -Wundef -Wcast-qual -Werror"

# $CC may be several words ("ccache gcc").
c11() {
    # shellcheck disable=SC2086
    ${CC:-cc} -std=c11 $warnings -Wold-style-definition -Wstrict-prototypes -Wmissing-prototypes -fsyntax-only -I"$include" "$1"
}

cxx() {
    # shellcheck disable=SC2086
    ${CXX:-c++} -std="$2" $warnings -fsyntax-only -I"$include" "$1"
}

installed() {
    grep -q "core/include/ostler/$1" "$srcdir/core/core.mk"
}

for path in "$include"/ostler/*.h; do
    header=$(basename "$path")
    for language in c cpp; do
        printf '#include <ostler/%s>\n#include <ostler/%s>\nint alone(void);\n' "$header" "$header" >"$work/alone.$language"
    done
    check "$header alone as C11" c11 "$work/alone.c"
    check "$header alone as C++11" cxx "$work/alone.cpp" c++11
    check "$header alone as C++17" cxx "$work/alone.cpp" c++17
    check "$header is installed" installed "$header"

    for macro in $(sed -n 's/^#define \(OSTLER_[A-Z_]*_INIT\)\b.*/\1/p' "$path" | sort -u); do
        struct=$(echo "${macro%_INIT}" | tr '[:upper:]' '[:lower:]')
        for language in c cpp; do
            printf '#include <ostler/%s>\nvoid use(struct %s *);\nvoid use(struct %s *out)\n{\n    struct %s value = %s;\n    *out = value;\n}\n' \
                "$header" "$struct" "$struct" "$struct" "$macro" >"$work/init.$language"
        done
        check "$macro as C11" c11 "$work/init.c"
        check "$macro as C++11" cxx "$work/init.cpp" c++11
        check "$macro as C++17" cxx "$work/init.cpp" c++17
    done
done

plan
