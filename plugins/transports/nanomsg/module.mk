# The brokerless transport over nanomsg.
nanomsg_sources = \
	plugins/transports/nanomsg/client.c \
	plugins/transports/nanomsg/client.h \
	plugins/transports/nanomsg/client_bounced.c \
	plugins/transports/nanomsg/client_conns.c \
	plugins/transports/nanomsg/client_held.c \
	plugins/transports/nanomsg/client_notes.c \
	plugins/transports/nanomsg/client_notify.c \
	plugins/transports/nanomsg/client_owed.c \
	plugins/transports/nanomsg/client_replies.c \
	plugins/transports/nanomsg/client_routes.c \
	plugins/transports/nanomsg/client_send.c \
	plugins/transports/nanomsg/conn.c \
	plugins/transports/nanomsg/conn.h \
	plugins/transports/nanomsg/flusher.c \
	plugins/transports/nanomsg/flusher.h \
	plugins/transports/nanomsg/incoming.c \
	plugins/transports/nanomsg/incoming.h \
	plugins/transports/nanomsg/keeper.c \
	plugins/transports/nanomsg/listener.c \
	plugins/transports/nanomsg/nanomsg.c \
	plugins/transports/nanomsg/node.c \
	plugins/transports/nanomsg/node.h \
	plugins/transports/nanomsg/note.c \
	plugins/transports/nanomsg/note.h \
	plugins/transports/nanomsg/outbox.c \
	plugins/transports/nanomsg/outbox.h \
	plugins/transports/nanomsg/peer.c \
	plugins/transports/nanomsg/peer.h \
	plugins/transports/nanomsg/settings.c \
	plugins/transports/nanomsg/settings.h \
	plugins/transports/nanomsg/socket.c \
	plugins/transports/nanomsg/socket.h \
	plugins/transports/nanomsg/table.h \
	plugins/transports/nanomsg/threads.c \
	plugins/transports/nanomsg/threads.h \
	plugins/transports/nanomsg/wire.c \
	plugins/transports/nanomsg/wire.h

if TRANSPORT_NANOMSG
transport_LTLIBRARIES += plugins/transports/nanomsg.la
MODULES += plugins/transports/nanomsg.la
plugins_transports_nanomsg_la_SOURCES = $(nanomsg_sources)
plugins_transports_nanomsg_la_CPPFLAGS = $(module_cppflags) $(NANOMSG_CFLAGS)
plugins_transports_nanomsg_la_LDFLAGS = $(module_ldflags)
plugins_transports_nanomsg_la_LIBADD = $(module_libadd) $(NANOMSG_LIBS)
endif
EXTRA_DIST += plugins/transports/nanomsg/README.md
