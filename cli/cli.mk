# cli/: see README.md there.
bin_PROGRAMS += ostler
ostler_SOURCES = \
	cli/arguments.c cli/arguments.h \
	cli/bench.c cli/bench.h \
	cli/cmd_bench.c \
	cli/cmd_call.c \
	cli/cmd_cast.c \
	cli/cmd_describe.c \
	cli/cmd_listen.c \
	cli/cmd_notify.c \
	cli/histogram.c cli/histogram.h \
	cli/interrupt.c cli/interrupt.h \
	cli/lines.c cli/lines.h \
	cli/main.c \
	cli/options.c cli/options.h \
	cli/options_table.c cli/options_table.h \
	cli/output.c cli/output.h \
	cli/session.c cli/session.h \
	cli/verb.h
ostler_CPPFLAGS = $(PUBLIC_CPPFLAGS)
ostler_LDADD = libostler.la $(JSONC_LIBS) -lm
if PRELOADED
ostler_LDFLAGS = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
ostler_DEPENDENCIES = libostler.la $(MODULES)
endif
EXTRA_DIST += cli/README.md

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = etc/ostler.bash
