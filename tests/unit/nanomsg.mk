# The driver and its matchmakers are loaded as any program loads them, and driven through their operations; what has no
# operations (the wire, JSON) is built into its test.
if TRANSPORT_NANOMSG
nanomsg_tests = \
	tests/unit/nanomsg/test_wire \
	tests/unit/nanomsg/test_folder \
	tests/unit/nanomsg/test_hosts \
	tests/unit/nanomsg/test_calls \
	tests/unit/nanomsg/test_batches \
	tests/unit/nanomsg/test_notes \
	tests/unit/nanomsg/test_bounds \
	tests/unit/nanomsg/test_processes \
	tests/unit/nanomsg/test_garbage
check_PROGRAMS += $(nanomsg_tests) tests/unit/nanomsg/serve
TESTS += $(nanomsg_tests)

nanomsg_test_cppflags = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/plugins/transports/nanomsg $(NANOMSG_CFLAGS) $(CRITERION_CFLAGS)
nanomsg_test_ldadd = tests/unit/nanomsg/libfixture.la libostler.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm
if PRELOADED
nanomsg_test_ldflags = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
else
nanomsg_test_ldflags = $(AM_LDFLAGS)
endif

check_LTLIBRARIES += tests/unit/nanomsg/libfixture.la
tests_unit_nanomsg_libfixture_la_SOURCES = tests/unit/nanomsg/fixture.c tests/unit/nanomsg/fixture.h
tests_unit_nanomsg_libfixture_la_CPPFLAGS = $(PUBLIC_CPPFLAGS)

tests_unit_nanomsg_serve_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_unit_nanomsg_serve_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_serve_LDADD = tests/unit/nanomsg/libfixture.la libostler.la $(JSONC_LIBS)
tests_unit_nanomsg_serve_DEPENDENCIES = tests/unit/nanomsg/libfixture.la libostler.la $(MODULES)

tests_unit_nanomsg_test_wire_SOURCES = tests/unit/nanomsg/test_wire.c plugins/transports/nanomsg/wire.c
tests_unit_nanomsg_test_wire_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_wire_LDADD = $(CRITERION_LIBS) -lm
tests_unit_nanomsg_test_folder_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_folder_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_folder_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_hosts_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_hosts_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_hosts_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_calls_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_calls_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_calls_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_batches_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_batches_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_batches_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_notes_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_notes_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_notes_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_bounds_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_bounds_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_bounds_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_processes_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_processes_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_processes_LDADD = $(nanomsg_test_ldadd)
tests_unit_nanomsg_test_garbage_SOURCES = tests/unit/nanomsg/test_garbage.c plugins/transports/nanomsg/wire.c
tests_unit_nanomsg_test_garbage_CPPFLAGS = $(nanomsg_test_cppflags)
tests_unit_nanomsg_test_garbage_LDFLAGS = $(nanomsg_test_ldflags)
tests_unit_nanomsg_test_garbage_LDADD = $(nanomsg_test_ldadd) $(NANOMSG_LIBS)
endif
