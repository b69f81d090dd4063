# Servers, over a scripted transport: its functions stand in for those of core/transport.
rpc_server_tests = \
	tests/unit/rpc/test_server \
	tests/unit/rpc/test_executor
check_PROGRAMS += $(rpc_server_tests)
TESTS += $(rpc_server_tests)
scripted_sources = tests/unit/rpc/scripted.c tests/unit/rpc/scripted.h
tests_unit_rpc_test_server_SOURCES = tests/unit/rpc/test_server.c $(scripted_sources)
tests_unit_rpc_test_server_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_server_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_executor_SOURCES = tests/unit/rpc/test_executor.c $(scripted_sources)
tests_unit_rpc_test_executor_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_executor_LDADD = $(UNIT_LDADD)
