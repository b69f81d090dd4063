# Every test prints TAP; `make check` runs them all, `make check TESTS=tests/unit/base/test_error` one.
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_DRIVER = $(LOG_DRIVER)
# oslo.messaging, the peer, is Debian's and belongs to Debian's own interpreter.
PY_LOG_COMPILER = /usr/bin/python3
BUILD_PLUGIN_PATH = $(abs_builddir)/plugins/transports/.libs:$(abs_builddir)/plugins/matchmakers/.libs:$(abs_builddir)/endpoints/.libs
AM_TESTS_ENVIRONMENT = \
	CRITERION_OUTPUTS=tap:- ; export CRITERION_OUTPUTS ; \
	CRITERION_DISABLE_TIME_MEASUREMENTS=1 ; export CRITERION_DISABLE_TIME_MEASUREMENTS ; \
	OSTLER_PLUGIN_PATH='$(BUILD_PLUGIN_PATH)' ; export OSTLER_PLUGIN_PATH ; \
	OSTLER_BUILDDIR='$(abs_builddir)' ; export OSTLER_BUILDDIR ; \
	OSTLER_SRCDIR='$(abs_top_srcdir)' ; export OSTLER_SRCDIR ; \
	CC='$(CC)' ; export CC ; \
	CXX='$(CXX)' ; export CXX ; \
	LSAN_OPTIONS='suppressions=$(abs_top_srcdir)/tests/support/lsan.supp:print_suppressions=0' ; export LSAN_OPTIONS ; \
	JSONC_CFLAGS='$(JSONC_CFLAGS)' ; export JSONC_CFLAGS ;

EXTRA_DIST += tests/support/lsan.supp tests/support/plain/criterion/criterion.h tests/support/tap.sh

# Unit tests see what the folder of core/ that they mirror sees, and link its layers: archives, so that each stands before
# those which it uses.
UNIT_LDADD = core/notify/libnotify.la core/rpc/librpc.la core/transport/libtransport.la core/load/libload.la core/conf/libconf.la \
	core/base/libbase.la $(JSONC_LIBS) $(LIBCONFIG_LIBS) $(LTDL_LIBS) $(NOTIFY_LIBS) $(CRITERION_LIBS) -lm

include tests/unit/base.mk
include tests/unit/conf.mk
include tests/unit/load.mk
include tests/unit/transport.mk
include tests/unit/replies.mk
include tests/unit/rpc.mk
include tests/unit/notify.mk
include tests/unit/endpoints.mk
include tests/unit/fake.mk
include tests/unit/nanomsg.mk
include tests/unit/rabbit.mk
include tests/unit/cli.mk
include tests/fuzz/fuzz.mk
include tests/modules/modules.mk
include tests/headers/headers.mk
include tests/build/build.mk
include tests/installed/installed.mk
include tests/conformance/conformance.mk
include tests/functional/functional.mk
include tests/interop/interop.mk
include tests/fault/fault.mk
include tests/bench/bench.mk
