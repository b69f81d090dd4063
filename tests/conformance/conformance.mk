# The conformance suite: installed, so that drivers from elsewhere can be put to it too.
bin_PROGRAMS += tests/conformance/ostler-conformance
tests_conformance_ostler_conformance_SOURCES = \
	tests/conformance/bounds.c \
	tests/conformance/calls.c \
	tests/conformance/check.h \
	tests/conformance/ends.c \
	tests/conformance/fixture.c \
	tests/conformance/fixture.h \
	tests/conformance/flow.c \
	tests/conformance/main.c \
	tests/conformance/notifications.c \
	tests/conformance/peer.c \
	tests/conformance/peer.h \
	tests/conformance/probe.c \
	tests/conformance/probe.h \
	tests/conformance/processes.c \
	tests/conformance/servers.c \
	tests/conformance/settling.c \
	tests/conformance/unwaited.c \
	tests/conformance/values.c \
	tests/conformance/watch.c \
	tests/conformance/watch.h
tests_conformance_ostler_conformance_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_conformance_ostler_conformance_LDADD = libostler.la $(JSONC_LIBS)
if PRELOADED
tests_conformance_ostler_conformance_LDFLAGS = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
tests_conformance_ostler_conformance_DEPENDENCIES = libostler.la $(MODULES)
endif

# One script per transport, so that each can be run alone; all of them are conformance.sh with another scheme.
if TRANSPORT_FAKE
TESTS += tests/conformance/fake.sh
endif
if TRANSPORT_NANOMSG
TESTS += tests/conformance/nanomsg.sh
endif
if TRANSPORT_RABBIT
TESTS += tests/conformance/rabbit.sh
endif
TESTS += tests/conformance/documented.sh
EXTRA_DIST += \
	tests/conformance/documented.sh \
	tests/conformance/conformance.sh \
	tests/conformance/fake.sh \
	tests/conformance/nanomsg.sh \
	tests/conformance/rabbit.sh \
	tests/support/broker.py tests/support/ports.py
