# The command's own files, which see the public headers only.
cli_tests = tests/unit/cli/test_arguments tests/unit/cli/test_histogram tests/unit/cli/test_lines \
	tests/unit/cli/test_options
check_PROGRAMS += $(cli_tests)
TESTS += $(cli_tests)
CLI_TEST_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/cli $(CRITERION_CFLAGS)
CLI_TEST_LDADD = libostler.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm
tests_unit_cli_test_arguments_SOURCES = tests/unit/cli/test_arguments.c cli/arguments.c
tests_unit_cli_test_arguments_CPPFLAGS = $(CLI_TEST_CPPFLAGS)
tests_unit_cli_test_arguments_LDADD = $(CLI_TEST_LDADD)
tests_unit_cli_test_histogram_SOURCES = tests/unit/cli/test_histogram.c cli/histogram.c
tests_unit_cli_test_histogram_CPPFLAGS = $(CLI_TEST_CPPFLAGS)
tests_unit_cli_test_histogram_LDADD = $(CLI_TEST_LDADD)
tests_unit_cli_test_lines_SOURCES = tests/unit/cli/test_lines.c cli/lines.c
tests_unit_cli_test_lines_CPPFLAGS = $(CLI_TEST_CPPFLAGS)
tests_unit_cli_test_lines_LDADD = $(CLI_TEST_LDADD)
tests_unit_cli_test_options_SOURCES = \
	tests/unit/cli/test_options.c cli/arguments.c cli/options.c cli/options_table.c cli/output.c
tests_unit_cli_test_options_CPPFLAGS = $(CLI_TEST_CPPFLAGS)
tests_unit_cli_test_options_LDADD = $(CLI_TEST_LDADD)
