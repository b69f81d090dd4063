# Config files, environment and option tables: <ostler/conf.h>.
CORE_LIBS += core/conf/libconf.la
core_conf_libconf_la_CPPFLAGS = $(CONF_CPPFLAGS)
core_conf_libconf_la_SOURCES =
