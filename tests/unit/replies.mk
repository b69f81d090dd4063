replies_tests = tests/unit/transport/test_calls tests/unit/transport/test_replies
check_PROGRAMS += $(replies_tests)
TESTS += $(replies_tests)
tests_unit_transport_test_calls_CPPFLAGS = $(TRANSPORT_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_transport_test_calls_LDADD = core/transport/libtransport.la core/base/libbase.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm
tests_unit_transport_test_replies_CPPFLAGS = $(TRANSPORT_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_transport_test_replies_LDADD = $(tests_unit_transport_test_calls_LDADD)
