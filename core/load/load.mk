# Modules through libltdl: <ostler/module.h>. The only folder that includes its header.
CORE_LIBS += core/load/libload.la
core_load_libload_la_CPPFLAGS = $(LOAD_CPPFLAGS) -DMODULE_DIR='"$(libdir)/ostler"'
core_load_libload_la_SOURCES = \
	core/load/builtin.c \
	core/load/candidates.c \
	core/load/candidates.h \
	core/load/descriptor.c \
	core/load/descriptor.h \
	core/load/elf_check.c \
	core/load/elf_check.h \
	core/load/image.c \
	core/load/image.h \
	core/load/kinds.c \
	core/load/kinds.h \
	core/load/loaded.c \
	core/load/loaded.h \
	core/load/module.c \
	core/load/module_builtin.h \
	core/load/object.c \
	core/load/object.h \
	core/load/visit.c
