#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the conformance suite as built here: conformance.sh SCHEME [ARGUMENT...], where SCHEME is a transport that needs
# nothing but a private folder.
set -u
scheme=$1
shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/ostler-conformance.XXXXXX") || exit 99
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

case $scheme in
fake) url=fake: ;;
nanomsg) url=nanomsg://$folder ;;
*) url=$scheme ;;
esac
"${OSTLER_BUILDDIR:-.}/tests/conformance/ostler-conformance" "$url" "$@"
