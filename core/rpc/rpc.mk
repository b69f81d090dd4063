# Clients, servers, executors, dispatch: <ostler/client.h>, <ostler/server.h>, <ostler/request.h>.
CORE_LIBS += core/rpc/librpc.la
core_rpc_librpc_la_CPPFLAGS = $(RPC_CPPFLAGS)
core_rpc_librpc_la_SOURCES =
