# Transports, and the calls that wait on them: <ostler/transport.h>, <ostler/url.h>.
CORE_LIBS += core/transport/libtransport.la
core_transport_libtransport_la_CPPFLAGS = $(TRANSPORT_CPPFLAGS)
core_transport_libtransport_la_SOURCES = \
	core/transport/acceptance.c \
	core/transport/acceptance.h \
	core/transport/calls.c \
	core/transport/calls.h \
	core/transport/default_url.c \
	core/transport/default_url.h \
	core/transport/replies.c \
	core/transport/replies_async.c \
	core/transport/replies_end.c \
	core/transport/replies_parts.h \
	core/transport/replies.h \
	core/transport/transport.c \
	core/transport/transport_parts.h \
	core/transport/url.c \
	core/transport/url_decode.c \
	core/transport/url_hosts.c \
	core/transport/url_mask.c \
	core/transport/url_parts.h \
	core/transport/url_print.c \
	core/transport/url_query.c
