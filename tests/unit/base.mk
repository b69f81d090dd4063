base_tests = tests/unit/base/test_error tests/unit/base/test_clock tests/unit/base/test_version tests/unit/base/test_log \
	tests/unit/base/test_json
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
tests_unit_base_test_error_CPPFLAGS = $(BASE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_base_test_error_LDADD = $(UNIT_LDADD)
tests_unit_base_test_clock_CPPFLAGS = $(BASE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_base_test_clock_LDADD = $(UNIT_LDADD)
tests_unit_base_test_version_CPPFLAGS = $(BASE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_base_test_version_LDADD = $(UNIT_LDADD)
tests_unit_base_test_log_CPPFLAGS = $(BASE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_base_test_log_LDADD = $(UNIT_LDADD)
tests_unit_base_test_json_CPPFLAGS = $(BASE_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_base_test_json_LDADD = $(UNIT_LDADD)
