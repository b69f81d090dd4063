# Modules through libltdl: <ostler/module.h>. The only folder that includes its header.
CORE_LIBS += core/load/libload.la
core_load_libload_la_CPPFLAGS = $(LOAD_CPPFLAGS)
core_load_libload_la_SOURCES =
