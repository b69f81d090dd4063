# RabbitMQ, on the wire of oslo.messaging.
rabbit_sources = \
	plugins/transports/rabbit/acks.c \
	plugins/transports/rabbit/acks.h \
	plugins/transports/rabbit/assemble.c \
	plugins/transports/rabbit/assemble.h \
	plugins/transports/rabbit/confirms.c \
	plugins/transports/rabbit/conn.c \
	plugins/transports/rabbit/conn.h \
	plugins/transports/rabbit/consumers.c \
	plugins/transports/rabbit/consumers.h \
	plugins/transports/rabbit/dedup.c \
	plugins/transports/rabbit/dedup.h \
	plugins/transports/rabbit/dial.c \
	plugins/transports/rabbit/dial.h \
	plugins/transports/rabbit/explain.c \
	plugins/transports/rabbit/exchanges.c \
	plugins/transports/rabbit/frames.c \
	plugins/transports/rabbit/frames.h \
	plugins/transports/rabbit/hosts.c \
	plugins/transports/rabbit/hosts.h \
	plugins/transports/rabbit/ids.c \
	plugins/transports/rabbit/ids.h \
	plugins/transports/rabbit/input.c \
	plugins/transports/rabbit/input.h \
	plugins/transports/rabbit/inbox.c \
	plugins/transports/rabbit/inbox.h \
	plugins/transports/rabbit/incoming.c \
	plugins/transports/rabbit/kept_casts.c \
	plugins/transports/rabbit/kept_replies.c \
	plugins/transports/rabbit/link.c \
	plugins/transports/rabbit/link.h \
	plugins/transports/rabbit/listener.c \
	plugins/transports/rabbit/listener.h \
	plugins/transports/rabbit/note.c \
	plugins/transports/rabbit/note.h \
	plugins/transports/rabbit/notify.c \
	plugins/transports/rabbit/options.c \
	plugins/transports/rabbit/options.h \
	plugins/transports/rabbit/posting.c \
	plugins/transports/rabbit/publisher.c \
	plugins/transports/rabbit/publisher.h \
	plugins/transports/rabbit/publisher_parts.h \
	plugins/transports/rabbit/rabbit.c \
	plugins/transports/rabbit/rabbit.h \
	plugins/transports/rabbit/renewal.c \
	plugins/transports/rabbit/replies.c \
	plugins/transports/rabbit/replies.h \
	plugins/transports/rabbit/send.c \
	plugins/transports/rabbit/server.c \
	plugins/transports/rabbit/subscription.c \
	plugins/transports/rabbit/subscription.h \
	plugins/transports/rabbit/tls.c \
	plugins/transports/rabbit/tls.h \
	plugins/transports/rabbit/topology.c \
	plugins/transports/rabbit/topology.h \
	plugins/transports/rabbit/unpack.c \
	plugins/transports/rabbit/unpack.h \
	plugins/transports/rabbit/wire.h \
	plugins/transports/rabbit/wire_parse.c \
	plugins/transports/rabbit/wire_parse.h \
	plugins/transports/rabbit/wire_quick.c \
	plugins/transports/rabbit/wire_quick.h \
	plugins/transports/rabbit/wire_read.c \
	plugins/transports/rabbit/wire_text.c \
	plugins/transports/rabbit/wire_text.h \
	plugins/transports/rabbit/wire_write.c

if TRANSPORT_RABBIT
transport_LTLIBRARIES += plugins/transports/rabbit.la
MODULES += plugins/transports/rabbit.la
plugins_transports_rabbit_la_SOURCES = $(rabbit_sources)
plugins_transports_rabbit_la_CPPFLAGS = $(module_cppflags) $(RABBITMQ_CFLAGS) $(OPENSSL_CFLAGS) $(ZLIB_CFLAGS)
plugins_transports_rabbit_la_LDFLAGS = $(module_ldflags)
plugins_transports_rabbit_la_LIBADD = $(module_libadd) $(RABBITMQ_LIBS) $(OPENSSL_LIBS) $(ZLIB_LIBS) $(BZIP2_LIBS) -lm
endif
EXTRA_DIST += plugins/transports/rabbit/README.md
