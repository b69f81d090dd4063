# libostler, layer by layer: each may include its own folder and those before it.
BASE_CPPFLAGS = $(PUBLIC_CPPFLAGS) -I$(top_srcdir)/core/base
CONF_CPPFLAGS = $(BASE_CPPFLAGS) -I$(top_srcdir)/core/conf
LOAD_CPPFLAGS = $(CONF_CPPFLAGS) -I$(top_srcdir)/core/load
TRANSPORT_CPPFLAGS = $(LOAD_CPPFLAGS) -I$(top_srcdir)/core/transport
RPC_CPPFLAGS = $(TRANSPORT_CPPFLAGS) -I$(top_srcdir)/core/rpc
NOTIFY_CPPFLAGS = $(RPC_CPPFLAGS) -I$(top_srcdir)/core/notify $(PCRE2_CFLAGS) $(YAML_CFLAGS) $(UUID_CFLAGS)

NOTIFY_LIBS = $(PCRE2_LIBS) $(YAML_LIBS) $(UUID_LIBS)

# Unit tests reach what libostler hides by linking these.
CORE_LIBS =
noinst_LTLIBRARIES += $(CORE_LIBS)

include core/base/base.mk
include core/conf/conf.mk
include core/load/load.mk
include core/transport/transport.mk
include core/rpc/rpc.mk
include core/notify/notify.mk

lib_LTLIBRARIES += libostler.la
libostler_la_SOURCES =
libostler_la_LIBADD = $(CORE_LIBS) $(JSONC_LIBS) $(LIBCONFIG_LIBS) $(LTDL_LIBS) $(NOTIFY_LIBS) -lm
libostler_la_LDFLAGS = $(AM_LDFLAGS) -version-info $(OSTLER_LT_VERSION) $(no_undefined) \
	-export-symbols $(top_srcdir)/core/libostler.sym
libostler_la_DEPENDENCIES = $(CORE_LIBS) $(top_srcdir)/core/libostler.sym

ostlerincludedir = $(includedir)/ostler
ostlerinclude_HEADERS = $(public_headers)
public_headers = \
	core/include/ostler/api.h \
	core/include/ostler/client.h \
	core/include/ostler/clock.h \
	core/include/ostler/conf.h \
	core/include/ostler/driver.h \
	core/include/ostler/endpoint.h \
	core/include/ostler/error.h \
	core/include/ostler/executor.h \
	core/include/ostler/listener.h \
	core/include/ostler/json.h \
	core/include/ostler/log.h \
	core/include/ostler/matchmaker.h \
	core/include/ostler/module.h \
	core/include/ostler/notification.h \
	core/include/ostler/notifier.h \
	core/include/ostler/notifier_driver.h \
	core/include/ostler/option.h \
	core/include/ostler/ostler.h \
	core/include/ostler/policy.h \
	core/include/ostler/request.h \
	core/include/ostler/serializer.h \
	core/include/ostler/server.h \
	core/include/ostler/status.h \
	core/include/ostler/target.h \
	core/include/ostler/thread.h \
	core/include/ostler/transport.h \
	core/include/ostler/url.h \
	core/include/ostler/version.h

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = core/ostler.pc
EXTRA_DIST += core/libostler.sym
