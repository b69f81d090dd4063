# The driver's parts, without a broker; what they use of the core is libostler's.
rabbit_tests = tests/unit/rabbit/test_wire tests/unit/rabbit/test_malformed tests/unit/rabbit/test_frames \
	tests/unit/rabbit/test_assemble tests/unit/rabbit/test_hosts tests/unit/rabbit/test_ids tests/unit/rabbit/test_link \
	tests/unit/rabbit/test_unpack
if TRANSPORT_RABBIT
check_PROGRAMS += $(rabbit_tests)
TESTS += $(rabbit_tests)
check_LTLIBRARIES += tests/unit/rabbit/librabbit.la
endif
RABBIT_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/plugins/transports/rabbit $(RABBITMQ_CFLAGS) $(CRITERION_CFLAGS)
RABBIT_LDADD = tests/unit/rabbit/librabbit.la libostler.la $(RABBITMQ_LIBS) $(OPENSSL_LIBS) $(ZLIB_LIBS) $(BZIP2_LIBS) $(JSONC_LIBS) \
	$(CRITERION_LIBS) -lm

tests_unit_rabbit_librabbit_la_SOURCES = $(rabbit_sources)
tests_unit_rabbit_librabbit_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) $(RABBITMQ_CFLAGS) $(OPENSSL_CFLAGS) $(ZLIB_CFLAGS) \
	-DOSTLER_MODULE_PRELOADED

tests_unit_rabbit_test_wire_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_wire_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_malformed_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_malformed_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_frames_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_frames_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_assemble_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_assemble_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_hosts_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_hosts_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_ids_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_ids_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_link_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_link_LDADD = $(RABBIT_LDADD)
tests_unit_rabbit_test_unpack_CPPFLAGS = $(RABBIT_CPPFLAGS)
tests_unit_rabbit_test_unpack_LDADD = $(RABBIT_LDADD)
