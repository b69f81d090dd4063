# Clients, servers, executors, dispatch: <ostler/client.h>, <ostler/server.h>, <ostler/request.h>.
CORE_LIBS += core/rpc/librpc.la
core_rpc_librpc_la_CPPFLAGS = $(RPC_CPPFLAGS)
core_rpc_librpc_la_SOURCES = \
	core/rpc/client.c \
	core/rpc/client_async.c \
	core/rpc/client_call.c \
	core/rpc/client_gather.c \
	core/rpc/client_parts.h \
	core/rpc/outgoing.c \
	core/rpc/target_text.c
