# bench/: see README.md there.
if TRANSPORT_NANOMSG
noinst_PROGRAMS += bench/raw_nanomsg
bench_raw_nanomsg_SOURCES = bench/raw_nanomsg.c
bench_raw_nanomsg_CPPFLAGS = $(NANOMSG_CFLAGS)
bench_raw_nanomsg_LDADD = $(NANOMSG_LIBS)
endif
