# The driver is built into these tests and driven through its operations; what it uses of the core is libostler's.
if TRANSPORT_FAKE
fake_tests = tests/unit/fake/test_ring tests/unit/fake/test_packed tests/unit/fake/test_replies \
	tests/unit/fake/test_routing tests/unit/fake/test_bounds tests/unit/fake/test_listener
check_PROGRAMS += $(fake_tests)
TESTS += $(fake_tests)
endif
FAKE_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/plugins/transports/fake $(CRITERION_CFLAGS)
FAKE_LDADD = tests/unit/fake/libfake.la libostler.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm

check_LTLIBRARIES += tests/unit/fake/libfake.la
tests_unit_fake_libfake_la_SOURCES = $(fake_sources) tests/unit/fake/fixture.c tests/unit/fake/fixture.h
tests_unit_fake_libfake_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/plugins/transports/fake \
	-DOSTLER_MODULE_PRELOADED

tests_unit_fake_test_ring_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_fake_test_ring_LDADD = $(FAKE_LDADD)
tests_unit_fake_test_packed_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_fake_test_packed_LDADD = $(FAKE_LDADD)
tests_unit_fake_test_replies_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_fake_test_replies_LDADD = $(FAKE_LDADD)
tests_unit_fake_test_routing_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_fake_test_routing_LDADD = $(FAKE_LDADD)
tests_unit_fake_test_bounds_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_fake_test_bounds_LDADD = $(FAKE_LDADD)
tests_unit_fake_test_listener_CPPFLAGS = $(FAKE_CPPFLAGS)
tests_unit_fake_test_listener_LDADD = $(FAKE_LDADD)
