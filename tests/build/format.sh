#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The code follows .clang-format. Only the release it was formatted with has an opinion that counts.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
cd "$srcdir" || exit 1

case $(clang-format --version 2>/dev/null) in
*' 14.'*) ;;
*) skip_all "clang-format 14 is not here" ;;
esac

follows() {
    find core plugins endpoints host cli bench tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
}

check "every source file follows .clang-format" follows
plan
