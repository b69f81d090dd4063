#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# configure names every library that is missing, with its Debian package, at once; and parts that are switched off need
# none.
#
# Environment: OSTLER_SRCDIR.
. "${OSTLER_SRCDIR:-$(dirname "$0")/../..}/tests/support/tap.sh"
[ -x "$srcdir/configure" ] || skip_all "there is no configure"
[ ! -e "$srcdir/config.status" ] || skip_all "the source folder itself is configured"
unset CC CXX # they may carry a sanitizer

# A pkg-config that fails when it is asked for $MISSING.
cat >"$work/pkg-config" <<'END'
#!/bin/sh
case "$*" in *$MISSING*) exit 1 ;; esac
exec pkg-config "$@"
END
chmod +x "$work/pkg-config"

# configures PKG_CONFIG [OPTION...]: leaves what it said in $work/said.
configures() {
    mkdir -p "$work/build"
    (cd "$work/build" && PKG_CONFIG=$1 && export PKG_CONFIG && shift && "$srcdir/configure" "$@") >"$work/said" 2>&1
}

says() {
    cat "$work/said"
    grep -qF "$1" "$work/said"
}

fails() {
    ! "$@"
}

export MISSING
MISSING=--exists
check "without any library it stops" fails configures "$work/pkg-config"
for package in libjson-c-dev libconfig-dev libpcre2-dev libyaml-dev uuid-dev libnanomsg-dev libcriterion-dev; do
    check "and names $package" says "Debian's package $package"
done
check "with the command to get them" says "apt-get install libjson-c-dev libconfig-dev"
check "without pkg-config it stops" fails configures ""
check "and names pkg-config" says "Debian's package pkg-config"

MISSING=nanomsg
check "without nanomsg it stops" fails configures "$work/pkg-config"
check "and says how to go on without" says "nanomsg (or --disable-nanomsg): Debian's package libnanomsg-dev"
check "--disable-nanomsg needs no nanomsg" configures "$work/pkg-config" --disable-nanomsg
check "and the summary lacks it" says "transports: fake"
check "nothing is left to clean up" fails says "cannot remove"
MISSING=criterion
check "--disable-tests needs no Criterion" configures "$work/pkg-config" --disable-tests
check "the folder of the modules is named" says "modules: loaded from /usr/local/lib/ostler"
plan
