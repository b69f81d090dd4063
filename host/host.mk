# ostlerd: sees the public headers only, and is the one part besides cli/ that prints, exits and catches signals.
bin_PROGRAMS += ostlerd
ostlerd_CPPFLAGS = $(PUBLIC_CPPFLAGS)
ostlerd_SOURCES = \
	host/arguments.c host/arguments.h \
	host/check.c host/check.h \
	host/deployment.c host/deployment.h \
	host/drain.c host/drain.h \
	host/findings.c host/findings.h \
	host/hosted.c host/hosted.h \
	host/hosted_listener.c \
	host/hosted_server.c \
	host/log.c host/log.h \
	host/main.c \
	host/notify.c host/notify.h \
	host/plan.c host/plan.h \
	host/plan_listener.c \
	host/plan_section.c host/plan_section.h \
	host/plan_server.c \
	host/plan_transport.c host/plan_transport.h \
	host/reload.c host/reload.h \
	host/report.c host/report.h \
	host/roster.c host/roster.h \
	host/sample.c host/sample.h \
	host/serve.c host/serve.h \
	host/signals.c host/signals.h \
	host/sources.c host/sources.h \
	host/worker.c host/worker.h
ostlerd_LDADD = libostler.la $(JSONC_LIBS)
if PRELOADED
ostlerd_LDFLAGS = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
ostlerd_DEPENDENCIES = libostler.la $(MODULES)
endif
EXTRA_DIST += host/README.md

dist_man8_MANS = doc/man/ostlerd.8
dist_man5_MANS = doc/man/ostlerd.conf.5
