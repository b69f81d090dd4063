# Endpoint modules behind a listener, over the transport fake.
if BUILD_SHARED
if TRANSPORT_FAKE
check_PROGRAMS += tests/unit/endpoints/test_audit
TESTS += tests/unit/endpoints/test_audit
endif
endif
tests_unit_endpoints_test_audit_CPPFLAGS = $(PUBLIC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_endpoints_test_audit_LDADD = libostler.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm
tests_unit_endpoints_test_audit_LDFLAGS = $(notify_whole_ldflags)
tests_unit_endpoints_test_audit_DEPENDENCIES = libostler.la $(MODULES)
