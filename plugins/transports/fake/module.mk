# The in-process transport.
fake_sources = \
	plugins/transports/fake/exchange.c \
	plugins/transports/fake/exchange.h \
	plugins/transports/fake/fake.c \
	plugins/transports/fake/listener.c \
	plugins/transports/fake/listener.h \
	plugins/transports/fake/message.c \
	plugins/transports/fake/message.h \
	plugins/transports/fake/notes.c \
	plugins/transports/fake/notes.h \
	plugins/transports/fake/replies.c \
	plugins/transports/fake/replies.h \
	plugins/transports/fake/ring.c \
	plugins/transports/fake/ring.h \
	plugins/transports/fake/topic.c \
	plugins/transports/fake/topic.h \
	plugins/transports/fake/packed.c \
	plugins/transports/fake/packed.h \
	plugins/transports/fake/lock.c \
	plugins/transports/fake/lock.h

if TRANSPORT_FAKE
transport_LTLIBRARIES += plugins/transports/fake.la
MODULES += plugins/transports/fake.la
plugins_transports_fake_la_SOURCES = $(fake_sources)
plugins_transports_fake_la_CPPFLAGS = $(module_cppflags)
plugins_transports_fake_la_LDFLAGS = $(module_ldflags)
plugins_transports_fake_la_LIBADD = $(module_libadd)
endif
EXTRA_DIST += plugins/transports/fake/README.md
