transport_tests = tests/unit/transport/test_url
check_PROGRAMS += $(transport_tests)
TESTS += $(transport_tests)
tests_unit_transport_test_url_CPPFLAGS = $(TRANSPORT_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_transport_test_url_LDADD = $(UNIT_LDADD)

# The same URLs read by oslo.messaging.
check_PROGRAMS += tests/unit/transport/url_lines
tests_unit_transport_url_lines_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_unit_transport_url_lines_LDADD = libostler.la $(JSONC_LIBS)
TESTS += tests/unit/transport/compare_oslo_url.py
EXTRA_DIST += tests/unit/transport/compare_oslo_url.py
