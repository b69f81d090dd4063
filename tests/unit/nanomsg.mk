# The driver and its matchmakers are loaded as any program loads them, and driven through their operations; what has no
# operations (the wire, JSON) is built into its test.
if TRANSPORT_NANOMSG
nanomsg_tests = \
	tests/unit/nanomsg/test_wire \
	tests/unit/nanomsg/test_values \
	tests/unit/nanomsg/test_folder \
	tests/unit/nanomsg/test_hosts \
	tests/unit/nanomsg/test_calls \
	tests/unit/nanomsg/test_bounds \
	tests/unit/nanomsg/test_processes \
	tests/unit/nanomsg/test_garbage
check_PROGRAMS += $(nanomsg_tests) tests/unit/nanomsg/serve
TESTS += $(nanomsg_tests)

NANOMSG_TEST_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/plugins/transports/nanomsg $(NANOMSG_CFLAGS) $(CRITERION_CFLAGS)
NANOMSG_TEST_LDADD = tests/unit/nanomsg/libfixture.la libostler.la $(JSONC_LIBS) $(CRITERION_LIBS)
if PRELOADED
NANOMSG_TEST_LDFLAGS = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
else
NANOMSG_TEST_LDFLAGS = $(AM_LDFLAGS)
endif

check_LTLIBRARIES += tests/unit/nanomsg/libfixture.la
tests_unit_nanomsg_libfixture_la_SOURCES = tests/unit/nanomsg/fixture.c tests/unit/nanomsg/fixture.h
tests_unit_nanomsg_libfixture_la_CPPFLAGS = $(PUBLIC_CPPFLAGS)

tests_unit_nanomsg_serve_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_unit_nanomsg_serve_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_serve_LDADD = tests/unit/nanomsg/libfixture.la libostler.la $(JSONC_LIBS)
tests_unit_nanomsg_serve_DEPENDENCIES = tests/unit/nanomsg/libfixture.la libostler.la $(MODULES)

tests_unit_nanomsg_test_wire_SOURCES = tests/unit/nanomsg/test_wire.c plugins/transports/nanomsg/wire.c
tests_unit_nanomsg_test_wire_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_wire_LDADD = $(CRITERION_LIBS)
tests_unit_nanomsg_test_values_SOURCES = tests/unit/nanomsg/test_values.c plugins/transports/nanomsg/values.c
tests_unit_nanomsg_test_values_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_values_LDADD = libostler.la $(JSONC_LIBS) $(CRITERION_LIBS)
tests_unit_nanomsg_test_folder_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_folder_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_test_folder_LDADD = $(NANOMSG_TEST_LDADD)
tests_unit_nanomsg_test_hosts_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_hosts_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_test_hosts_LDADD = $(NANOMSG_TEST_LDADD)
tests_unit_nanomsg_test_calls_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_calls_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_test_calls_LDADD = $(NANOMSG_TEST_LDADD)
tests_unit_nanomsg_test_bounds_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_bounds_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_test_bounds_LDADD = $(NANOMSG_TEST_LDADD)
tests_unit_nanomsg_test_processes_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_processes_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_test_processes_LDADD = $(NANOMSG_TEST_LDADD)
tests_unit_nanomsg_test_garbage_SOURCES = tests/unit/nanomsg/test_garbage.c plugins/transports/nanomsg/wire.c
tests_unit_nanomsg_test_garbage_CPPFLAGS = $(NANOMSG_TEST_CPPFLAGS)
tests_unit_nanomsg_test_garbage_LDFLAGS = $(NANOMSG_TEST_LDFLAGS)
tests_unit_nanomsg_test_garbage_LDADD = $(NANOMSG_TEST_LDADD) $(NANOMSG_LIBS)
endif
