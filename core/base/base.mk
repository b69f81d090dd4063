# What everything else stands on; knows nothing of messages.
CORE_LIBS += core/base/libbase.la
core_base_libbase_la_CPPFLAGS = $(BASE_CPPFLAGS)
core_base_libbase_la_SOURCES = \
	core/base/clock.c \
	core/base/error.c \
	core/base/json_plain.c \
	core/base/json_plain.h \
	core/base/json_read.c \
	core/base/json_write.c \
	core/base/log.c \
	core/base/status.c \
	core/base/thread.c \
	core/base/utf8.c \
	core/base/utf8.h \
	core/base/version.c
