#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each check stands in doc/conformance.md, and each that stands there exists.
set -u
page=${OSTLER_SRCDIR:-.}/doc/conformance.md
folder=$(mktemp -d "${TMPDIR:-/tmp}/ostler-documented.XXXXXX") || exit 99
trap 'rm -rf "$folder"' EXIT

echo 1..1
"${OSTLER_BUILDDIR:-.}/tests/conformance/ostler-conformance" --list | sed 's/[ \t].*//' | sort >"$folder/checks"
grep '^| `' "$page" | sed 's/ | .*//' | grep -o '`[a-z0-9]*/[a-z0-9-]*`' | tr -d '`' | sort >"$folder/page"
if [ -s "$folder/checks" ] && diff "$folder/checks" "$folder/page" >"$folder/differences"; then
    echo "ok 1 - doc/conformance.md names all checks"
else
    sed 's/^</# only in the program:/; s/^>/# only in the page:/' "$folder/differences"
    echo "not ok 1 - doc/conformance.md names all checks"
fi
