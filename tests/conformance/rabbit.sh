#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# On a broker of its own.
exec /usr/bin/python3 "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/broker.py" \
    "${OSTLER_BUILDDIR:-.}/tests/conformance/ostler-conformance" "{url}" "$@"
