# SPDX-License-Identifier: Apache-2.0
# For tests that are shell scripts. Source it, call `check` for each test, end with `plan`. $work is a folder that goes
# away with the script; $srcdir and $builddir are absolute.
set -u
srcdir=${OSTLER_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${OSTLER_BUILDDIR:-$(pwd)}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tap_number=0
tap_failed=0

# check NAME COMMAND [ARGUMENT...]: one test, which is passed if the command succeeds. What it prints is shown if not.
check() {
    tap_name=$1
    shift
    tap_number=$((tap_number + 1))
    if "$@" >"$work/output" 2>&1; then
        echo "ok $tap_number - $tap_name"
    else
        echo "not ok $tap_number - $tap_name"
        sed 's/^/# /' "$work/output"
        tap_failed=1
    fi
}

# skip_all REASON: there is nothing to test here.
skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# plan: ends the script.
plan() {
    echo "1..$tap_number"
    exit $tap_failed
}
