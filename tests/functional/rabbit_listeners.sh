#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ostlerd's listeners and the endpoint audit on a broker of their own.
src=${OSTLER_SRCDIR:-$(dirname "$0")/../..}
exec /usr/bin/python3 "$src/tests/support/broker.py" \
    env OSTLER_TEST_URL="{url}" /usr/bin/python3 "$src/tests/functional/host_audit.py"
