# bench/: see README.md there.
bench_common = bench/contest.c bench/contest.h bench/counter.c bench/counter.h bench/report.c bench/report.h \
	bench/runner.c bench/runner.h bench/watch.c bench/watch.h cli/histogram.c cli/histogram.h
bench_cppflags = -I$(top_srcdir)/cli

noinst_PROGRAMS += bench/library
bench_library_SOURCES = bench/library.c bench/echo.c bench/echo.h $(bench_common)
bench_library_CPPFLAGS = $(PUBLIC_CPPFLAGS) $(bench_cppflags)
bench_library_LDADD = libostler.la $(JSONC_LIBS) -lm
if PRELOADED
bench_library_LDFLAGS = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
bench_library_DEPENDENCIES = libostler.la $(MODULES)
endif

if SHARED
noinst_LTLIBRARIES += bench/echo.la
endif
bench_echo_la_SOURCES = bench/echo_module.c bench/echo.c bench/echo.h bench/counter.c bench/counter.h
bench_echo_la_CPPFLAGS = $(PUBLIC_CPPFLAGS)
bench_echo_la_LDFLAGS = $(uninstalled_ldflags)
bench_echo_la_LIBADD = libostler.la $(JSONC_LIBS)

if TRANSPORT_NANOMSG
noinst_PROGRAMS += bench/raw_nanomsg
bench_raw_nanomsg_SOURCES = bench/raw_nanomsg.c $(bench_common)
bench_raw_nanomsg_CPPFLAGS = $(bench_cppflags) $(NANOMSG_CFLAGS)
bench_raw_nanomsg_LDADD = $(NANOMSG_LIBS) -lm
endif

if TRANSPORT_RABBIT
noinst_PROGRAMS += bench/raw_rabbit
bench_raw_rabbit_SOURCES = bench/raw_rabbit.c bench/rabbit_link.c bench/rabbit_link.h bench/rabbit_text.c \
	bench/rabbit_text.h $(bench_common)
bench_raw_rabbit_CPPFLAGS = $(bench_cppflags) $(RABBITMQ_CFLAGS)
bench_raw_rabbit_LDADD = $(RABBITMQ_LIBS) -lm
endif

# Other systems: built where their libraries are.
if BENCH_NATS
noinst_PROGRAMS += bench/nats
bench_nats_SOURCES = bench/nats.c bench/rpc_text.c bench/rpc_text.h $(bench_common)
bench_nats_CPPFLAGS = $(bench_cppflags) $(NATS_CFLAGS) $(JSONC_CFLAGS)
bench_nats_LDADD = $(NATS_LIBS) $(JSONC_LIBS) -lm
endif

if BENCH_SDBUS
noinst_PROGRAMS += bench/sdbus
bench_sdbus_SOURCES = bench/sdbus.c $(bench_common)
bench_sdbus_CPPFLAGS = $(bench_cppflags) $(SDBUS_CFLAGS)
bench_sdbus_LDADD = $(SDBUS_LIBS) -lm
endif

EXTRA_DIST += bench/README.md bench/oslo.py bench/run bench/scale \
	bench/lib/__init__.py bench/lib/build.py bench/lib/cases.py bench/lib/common.py bench/lib/contestants.py \
	bench/lib/curves.py bench/lib/idle.py bench/lib/machine.py bench/lib/measure.py bench/lib/overview.py \
	bench/lib/processes.py bench/lib/results.py bench/lib/services.py bench/lib/svg.py bench/lib/syscalls.py \
	bench/lib/table.py
