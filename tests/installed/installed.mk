# Not part of `make check`: it needs an installed tree. scripts/test installs one and runs it.
EXTRA_DIST += tests/installed/installed.sh
