#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every module that is built exports its descriptor and nothing else.
#
# Environment: OSTLER_BUILDDIR.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"

exports_descriptor_only() {
    nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' >"$work/exported"
    echo ostler_module | diff -u - "$work/exported"
}

find "$builddir/plugins" "$builddir/endpoints" -path '*/.libs/*.so' ! -type l 2>/dev/null | sort >"$work/modules"
[ -s "$work/modules" ] || skip_all "no modules are built as shared objects"
while read -r module; do
    check "${module#"$builddir"/}" exports_descriptor_only "$module"
done <"$work/modules"
plan
