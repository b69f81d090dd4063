# The transport rabbit.
if TRANSPORT_RABBIT
rabbit_modules = plugins/transports/rabbit.la
endif
if PRELOADED
noinst_LTLIBRARIES += $(rabbit_modules)
else
transport_LTLIBRARIES += $(rabbit_modules)
endif
EXTRA_LTLIBRARIES += plugins/transports/rabbit.la
plugins_transports_rabbit_la_CPPFLAGS = $(module_cppflags) $(RABBITMQ_CFLAGS)
plugins_transports_rabbit_la_LDFLAGS = $(module_ldflags)
plugins_transports_rabbit_la_LIBADD = $(module_libadd) $(RABBITMQ_LIBS) -lz -lbz2 -lm
plugins_transports_rabbit_la_SOURCES =
