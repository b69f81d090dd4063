#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles every code example in the comments of public headers and in the documentation.
#
# An example is
# - in a header: lines of a comment that are indented by five columns after the star;
# - in a *.md file: a block that is fenced with ```c (what is no C that compiles gets another mark, such as ```text).
# One that has an #include is a whole file and is compiled as it stands. Any other is a fragment: it is compiled after
# tests/headers/given.h, either as it stands (definitions) or as the body of a function (statements). What else it needs
# is said in a comment just before the fence, one line each, which the rendered page does not show:
#     <!-- given: extern const char *name; -->
#
# Environment: CC, JSONC_CFLAGS, OSTLER_SRCDIR.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
# An example need not use the table that it ends with.
flags="-std=c11 -D_GNU_SOURCE -Wall -Wextra -Wno-unused-const-variable -Werror -fsyntax-only -I$srcdir/core/include ${JSONC_CFLAGS:-}"

# Writes the examples of header $1 to $2-1.c, $2-2.c and so on.
from_header() {
    awk -v stem="$2" '
        /^ \*     / { if (!inside) { file = stem "-" ++count ".c"; inside = 1; blank = "" }
                      printf "%s%s\n", blank, substr($0, 8) > file; blank = ""; next }
        /^ \*$/ && inside { blank = blank "\n"; next }
        { inside = 0 }' "$1"
}

# Likewise, with what is given for $2-1.c in $2-1.given.
from_markdown() {
    awk -v stem="$2" '
        /^<!-- given: .* -->$/ { given = given substr($0, 13, length($0) - 16) "\n"; next }
        /^```/ { inside = !inside && $0 == "```c"
                 if (inside) { file = stem "-" ++count; printf "%s", given > (file ".given") }
                 given = ""; next }
        inside { print > (file ".c") }' "$1"
}

compile() {
    # shellcheck disable=SC2086
    ${CC:-cc} $flags "$@"
}

compile_fragment() {
    echo '#include "given.h"' >"$work/given.c"
    [ ! -e "${1%.c}.given" ] || cat "${1%.c}.given" >>"$work/given.c"
    cat "$work/given.c" "$1" >"$work/definitions.c"
    {
        cat "$work/given.c"
        echo 'enum ostler_status example(void);'
        echo 'enum ostler_status example(void)'
        echo '{'
        cat "$1"
        echo 'return OSTLER_OK;'
        echo '}'
    } >"$work/statements.c"
    compile -Wno-unused -I"$srcdir/tests/headers" "$work/definitions.c" 2>"$work/as-definitions" && return
    compile -Wno-unused -I"$srcdir/tests/headers" "$work/statements.c" 2>"$work/as-statements" && return
    echo "as definitions:"
    cat "$work/as-definitions"
    echo "as statements:"
    cat "$work/as-statements"
    return 1
}

for path in "$srcdir"/core/include/ostler/*.h; do
    from_header "$path" "$work/$(basename "$path")"
done
# Builds may lie in the source folder.
find "$srcdir" -name '*.md' ! -path "$srcdir/build*" ! -path "$srcdir/_build/*" >"$work/pages"
while read -r path; do
    from_markdown "$path" "$work/$(echo "${path#"$srcdir"/}" | tr / -)"
done <"$work/pages"

for example in "$work"/*-[0-9]*.c; do
    if grep -q '^#include' "$example"; then
        check "$(basename "$example" .c)" compile "$example"
    else
        check "$(basename "$example" .c)" compile_fragment "$example"
    fi
done
plan
