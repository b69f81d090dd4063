# The public headers, as a program sees them that knows nothing else of this project.
header_tests = tests/headers/headers.sh tests/headers/examples.sh
TESTS += $(header_tests)
EXTRA_DIST += $(header_tests) tests/headers/given.h
