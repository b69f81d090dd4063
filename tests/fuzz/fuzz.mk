# What comes from outside, tried with inputs that nobody thought of. Each target is a program: linked with libFuzzer if
# configured so, else with a runner that tries the corpus and mutations of it, the same on every run.
fuzz_targets = tests/fuzz/fuzz_url tests/fuzz/fuzz_conf tests/fuzz/fuzz_routing tests/fuzz/fuzz_filter
if TRANSPORT_NANOMSG
fuzz_targets += tests/fuzz/fuzz_nanomsg tests/fuzz/fuzz_values
endif
if TRANSPORT_RABBIT
fuzz_targets += tests/fuzz/fuzz_rabbit
endif
check_PROGRAMS += $(fuzz_targets)
EXTRA_DIST += tests/fuzz/README.md tests/fuzz/corpus scripts/fuzz
fuzz_shared = tests/fuzz/fuzz.h tests/fuzz/support.c
if FUZZING
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
TESTS += $(fuzz_targets)
fuzz_shared += tests/fuzz/runner.c
fuzz_ldflags = $(AM_LDFLAGS)
endif
fuzz_cppflags = -I$(top_srcdir)/tests/fuzz $(NOTIFY_CPPFLAGS)

tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c $(fuzz_shared)
tests_fuzz_fuzz_url_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_url_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_url_LDADD = $(UNIT_LDADD)
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c $(fuzz_shared)
tests_fuzz_fuzz_conf_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_conf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_conf_LDADD = $(UNIT_LDADD)
tests_fuzz_fuzz_routing_SOURCES = tests/fuzz/fuzz_routing.c $(fuzz_shared)
tests_fuzz_fuzz_routing_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_routing_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_routing_LDADD = $(UNIT_LDADD)
tests_fuzz_fuzz_filter_SOURCES = tests/fuzz/fuzz_filter.c $(fuzz_shared)
tests_fuzz_fuzz_filter_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_filter_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_filter_LDADD = $(UNIT_LDADD)
tests_fuzz_fuzz_nanomsg_SOURCES = tests/fuzz/fuzz_nanomsg.c plugins/transports/nanomsg/wire.c $(fuzz_shared)
tests_fuzz_fuzz_nanomsg_CPPFLAGS = $(fuzz_cppflags) -I$(top_srcdir)/plugins/transports/nanomsg
tests_fuzz_fuzz_nanomsg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_nanomsg_LDADD = libostler.la $(JSONC_LIBS)
tests_fuzz_fuzz_values_SOURCES = tests/fuzz/fuzz_values.c $(fuzz_shared)
tests_fuzz_fuzz_values_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_values_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_values_LDADD = libostler.la $(JSONC_LIBS)
tests_fuzz_fuzz_rabbit_SOURCES = tests/fuzz/fuzz_rabbit.c $(fuzz_shared)
tests_fuzz_fuzz_rabbit_CPPFLAGS = $(RABBIT_CPPFLAGS) -I$(top_srcdir)/tests/fuzz
tests_fuzz_fuzz_rabbit_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_rabbit_LDADD = $(RABBIT_LDADD)
