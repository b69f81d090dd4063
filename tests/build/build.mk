# What was built, and how the sources depend on each other.
build_tests = tests/build/configure.sh tests/build/format.sh tests/build/layers.sh tests/build/modules.sh tests/build/symbols.sh
TESTS += $(build_tests)
EXTRA_DIST += $(build_tests)
