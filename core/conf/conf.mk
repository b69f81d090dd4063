# Config files, environment and option tables: <ostler/conf.h>.
CORE_LIBS += core/conf/libconf.la
core_conf_libconf_la_CPPFLAGS = $(CONF_CPPFLAGS) $(LIBCONFIG_CFLAGS)
core_conf_libconf_la_SOURCES = \
	core/conf/arena.c \
	core/conf/arena.h \
	core/conf/cfg.c \
	core/conf/conf.c \
	core/conf/conf_parts.h \
	core/conf/failures.c \
	core/conf/files.c \
	core/conf/group.c \
	core/conf/ini.c \
	core/conf/number.c \
	core/conf/number.h \
	core/conf/option_keep.c \
	core/conf/option_keep.h \
	core/conf/options.c \
	core/conf/pick.c \
	core/conf/read.c \
	core/conf/readers.h \
	core/conf/sample.c \
	core/conf/settle.c \
	core/conf/source.c \
	core/conf/source.h \
	core/conf/substitute.c \
	core/conf/text.c \
	core/conf/text.h \
	core/conf/types.c \
	core/conf/unknown.c
