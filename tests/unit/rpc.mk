# Servers, over a scripted transport: its functions stand in for those of core/transport.
rpc_server_tests = \
	tests/unit/rpc/test_dispatcher \
	tests/unit/rpc/test_executor \
	tests/unit/rpc/test_monitor \
	tests/unit/rpc/test_params \
	tests/unit/rpc/test_policy \
	tests/unit/rpc/test_request \
	tests/unit/rpc/test_server \
	tests/unit/rpc/test_server_endpoints \
	tests/unit/rpc/test_stats
check_PROGRAMS += $(rpc_server_tests)
TESTS += $(rpc_server_tests)
scripted_sources = tests/unit/rpc/scripted.c tests/unit/rpc/scripted.h
tests_unit_rpc_test_dispatcher_SOURCES = tests/unit/rpc/test_dispatcher.c $(scripted_sources)
tests_unit_rpc_test_dispatcher_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_dispatcher_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_executor_SOURCES = tests/unit/rpc/test_executor.c $(scripted_sources)
tests_unit_rpc_test_executor_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_executor_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_monitor_SOURCES = tests/unit/rpc/test_monitor.c $(scripted_sources)
tests_unit_rpc_test_monitor_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_monitor_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_params_SOURCES = tests/unit/rpc/test_params.c
tests_unit_rpc_test_params_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_params_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_policy_SOURCES = tests/unit/rpc/test_policy.c
tests_unit_rpc_test_policy_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_policy_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_request_SOURCES = tests/unit/rpc/test_request.c $(scripted_sources)
tests_unit_rpc_test_request_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_request_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_server_SOURCES = tests/unit/rpc/test_server.c $(scripted_sources)
tests_unit_rpc_test_server_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_server_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_server_endpoints_SOURCES = tests/unit/rpc/test_server_endpoints.c $(scripted_sources)
tests_unit_rpc_test_server_endpoints_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_server_endpoints_LDADD = $(UNIT_LDADD)
tests_unit_rpc_test_stats_SOURCES = tests/unit/rpc/test_stats.c
tests_unit_rpc_test_stats_CPPFLAGS = $(RPC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_rpc_test_stats_LDADD = $(UNIT_LDADD)
