# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts share; source it. $srcdir is the project's folder.
set -u
srcdir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc 2>/dev/null || echo 2)

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# missing_packages KIND...: those of scripts/packages that are not installed.
missing_packages() {
    local kind package
    command -v dpkg-query >/dev/null || return 0 # no Debian: configure says what it lacks
    while read -r kind package; do
        case " $* " in *" $kind "*) ;; *) continue ;; esac
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf ' %s' "$package"
    done < <(grep -v '^#' "$srcdir/scripts/packages")
}

# install_packages KIND...: installs what is missing, or says how to.
install_packages() {
    local missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    [ "$(id -u)" -eq 0 ] || die "some Debian packages are missing; as root: apt-get install -y$missing"
    say "Installing Debian packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # The package lists are fetched only if those that are there do not suffice.
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -qq -y --no-install-recommends $missing >/dev/null; } ||
        die "apt-get install -y$missing failed"
}

# prepare_source: makes configure, unless it is there.
prepare_source() {
    [ ! -e "$srcdir/config.status" ] ||
        die "the source folder itself is configured, which rules out other builds: run 'make distclean' in it first"
    [ -x "$srcdir/configure" ] && [ -e "$srcdir/Makefile.in" ] && return
    (cd "$srcdir" && autoreconf -fi) >/dev/null 2>"$1" || { cat "$1" >&2; die "autoreconf failed"; }
}

# wait_until SECONDS COMMAND...: repeats the command until it succeeds; fails once the time is over.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}
