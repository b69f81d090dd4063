# Clients, servers, executors, dispatch: <ostler/client.h>, <ostler/server.h>, <ostler/request.h>.
CORE_LIBS += core/rpc/librpc.la
core_rpc_librpc_la_CPPFLAGS = $(RPC_CPPFLAGS)
core_rpc_librpc_la_SOURCES = \
	core/rpc/builtins.c \
	core/rpc/builtins.h \
	core/rpc/client.c \
	core/rpc/client_async.c \
	core/rpc/client_call.c \
	core/rpc/client_cast.c \
	core/rpc/client_gather.c \
	core/rpc/client_parts.h \
	core/rpc/dispatcher.c \
	core/rpc/dispatcher.h \
	core/rpc/executor_blocking.c \
	core/rpc/executor_parts.c \
	core/rpc/executor_parts.h \
	core/rpc/executor_threading.c \
	core/rpc/failure.c \
	core/rpc/failure.h \
	core/rpc/generation_table.c \
	core/rpc/generation_table.h \
	core/rpc/monitor.c \
	core/rpc/monitor.h \
	core/rpc/outgoing.c \
	core/rpc/params.c \
	core/rpc/params.h \
	core/rpc/ping.c \
	core/rpc/policy.c \
	core/rpc/request.c \
	core/rpc/request_parts.h \
	core/rpc/request_read.c \
	core/rpc/server.c \
	core/rpc/server_endpoints.c \
	core/rpc/server_endpoints.h \
	core/rpc/server_new.c \
	core/rpc/server_parts.h \
	core/rpc/server_report.c \
	core/rpc/server_work.c \
	core/rpc/stats.c \
	core/rpc/stats.h \
	core/rpc/target_text.c
