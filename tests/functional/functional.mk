# Functional tests start the real programs of this build. host_*.py: ostlerd.
host_tests = \
	tests/functional/host_listener.py \
	tests/functional/host_audit.py \
	tests/functional/host_start.py \
	tests/functional/host_stop.py \
	tests/functional/host_reload.py \
	tests/functional/host_module.py \
	tests/functional/host_log.py \
	tests/functional/host_check.py \
	tests/functional/host_sample.py \
	tests/functional/host_thermo.py
EXTRA_DIST += $(host_tests) tests/functional/host_support.py tests/functional/listener_support.py
if TRANSPORT_NANOMSG
TESTS += $(host_tests)
endif

# Modules of one name that differ in what they say of themselves.
check_LTLIBRARIES += tests/functional/modules/probe1.la tests/functional/modules/probe2.la
tests_functional_modules_probe1_la_SOURCES = tests/functional/modules/probe.c
tests_functional_modules_probe1_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DPROBE_BUILD='"1"'
tests_functional_modules_probe1_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_probe1_la_LIBADD = libostler.la $(JSONC_LIBS)
tests_functional_modules_probe2_la_SOURCES = tests/functional/modules/probe.c
tests_functional_modules_probe2_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DPROBE_BUILD='"2"'
tests_functional_modules_probe2_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_probe2_la_LIBADD = libostler.la $(JSONC_LIBS)


# Modules for listeners: takers, two of them of one name, and what emits inside the process.
check_LTLIBRARIES += tests/functional/modules/taker1.la tests/functional/modules/taker2.la \
	tests/functional/modules/other_taker.la tests/functional/modules/bad_filter.la tests/functional/modules/emitter.la
tests_functional_modules_taker1_la_SOURCES = tests/functional/modules/taker.c
tests_functional_modules_taker1_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DTAKER_NAME='"taker"' -DTAKER_BUILD='"1"' \
	-DTAKER_PRIORITY=OSTLER_PRIORITY_ERROR
tests_functional_modules_taker1_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_taker1_la_LIBADD = libostler.la $(JSONC_LIBS)
tests_functional_modules_taker2_la_SOURCES = tests/functional/modules/taker.c
tests_functional_modules_taker2_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DTAKER_NAME='"taker"' -DTAKER_BUILD='"2"' \
	-DTAKER_PRIORITY=OSTLER_PRIORITY_WARN
tests_functional_modules_taker2_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_taker2_la_LIBADD = libostler.la $(JSONC_LIBS)
tests_functional_modules_other_taker_la_SOURCES = tests/functional/modules/taker.c
tests_functional_modules_other_taker_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DTAKER_NAME='"other_taker"' -DTAKER_BUILD='"other"' \
	-DTAKER_PRIORITY=OSTLER_PRIORITY_WARN
tests_functional_modules_other_taker_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_other_taker_la_LIBADD = libostler.la $(JSONC_LIBS)
tests_functional_modules_bad_filter_la_SOURCES = tests/functional/modules/taker.c
tests_functional_modules_bad_filter_la_CPPFLAGS = $(PUBLIC_CPPFLAGS) -DTAKER_NAME='"bad_filter"' -DTAKER_BUILD='"1"' \
	-DTAKER_PRIORITY=OSTLER_PRIORITY_WARN -DTAKER_PATTERN='"(a"'
tests_functional_modules_bad_filter_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_bad_filter_la_LIBADD = libostler.la $(JSONC_LIBS)
tests_functional_modules_emitter_la_SOURCES = tests/functional/modules/emitter.c
tests_functional_modules_emitter_la_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_functional_modules_emitter_la_LDFLAGS = $(uninstalled_ldflags)
tests_functional_modules_emitter_la_LIBADD = libostler.la $(JSONC_LIBS)

# After a change of an option table; host_sample.py notices one that was forgotten.
update-sample: ostlerd $(MODULES)
	OSTLER_PLUGIN_PATH='$(BUILD_PLUGIN_PATH)' ./ostlerd --sample-config > $(srcdir)/etc/ostlerd.conf.sample
	/usr/bin/python3 $(srcdir)/doc/man/update_options.py $(srcdir)/doc/man/ostlerd.conf.5 \
		< $(srcdir)/etc/ostlerd.conf.sample
.PHONY: update-sample
EXTRA_DIST += doc/man/update_options.py

# The command against real hosts.
EXTRA_DIST += tests/functional/cli.py tests/functional/cli_notifications.py tests/functional/cli_support.py \
	tests/functional/rabbit.sh tests/functional/rabbit_listeners.sh
if TRANSPORT_RABBIT
TESTS += tests/functional/rabbit.sh tests/functional/rabbit_listeners.sh
endif
if TRANSPORT_NANOMSG
TESTS += tests/functional/cli.py tests/functional/cli_notifications.py
endif
