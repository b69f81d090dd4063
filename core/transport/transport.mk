# Transports, and the calls that wait on them: <ostler/transport.h>, <ostler/url.h>.
CORE_LIBS += core/transport/libtransport.la
core_transport_libtransport_la_CPPFLAGS = $(TRANSPORT_CPPFLAGS)
core_transport_libtransport_la_SOURCES = \
	core/transport/transport_parts.h
