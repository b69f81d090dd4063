# bench/: see README.md there.
noinst_PROGRAMS += bench/in_process
bench_in_process_SOURCES = bench/in_process.c cli/bench.c cli/bench.h cli/histogram.c cli/histogram.h
bench_in_process_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/cli
bench_in_process_LDADD = libostler.la $(JSONC_LIBS) -lm
if PRELOADED
bench_in_process_LDFLAGS = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
bench_in_process_DEPENDENCIES = libostler.la $(MODULES)
endif

if TRANSPORT_NANOMSG
noinst_PROGRAMS += bench/raw_nanomsg
bench_raw_nanomsg_SOURCES = bench/raw_nanomsg.c
bench_raw_nanomsg_CPPFLAGS = $(NANOMSG_CFLAGS)
bench_raw_nanomsg_LDADD = $(NANOMSG_LIBS)
endif

if TRANSPORT_RABBIT
noinst_PROGRAMS += bench/raw_rabbit
bench_raw_rabbit_SOURCES = bench/raw_rabbit.c
bench_raw_rabbit_CPPFLAGS = $(RABBITMQ_CFLAGS)
bench_raw_rabbit_LDADD = $(RABBITMQ_LIBS)
endif

EXTRA_DIST += bench/README.md bench/run
