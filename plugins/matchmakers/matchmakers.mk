# How brokerless transports find servers: one module per source.
if TRANSPORT_NANOMSG
matchmaker_LTLIBRARIES += \
	plugins/matchmakers/folder.la \
	plugins/matchmakers/hosts.la \
	plugins/matchmakers/ring.la
MODULES += \
	plugins/matchmakers/folder.la \
	plugins/matchmakers/hosts.la \
	plugins/matchmakers/ring.la

plugins_matchmakers_folder_la_SOURCES = \
	plugins/matchmakers/folder.c \
	plugins/matchmakers/folder_paths.c \
	plugins/matchmakers/folder_paths.h \
	plugins/matchmakers/registration.c \
	plugins/matchmakers/registration.h
plugins_matchmakers_folder_la_CPPFLAGS = $(module_cppflags)
plugins_matchmakers_folder_la_LDFLAGS = $(module_ldflags)
plugins_matchmakers_folder_la_LIBADD = $(module_libadd)

plugins_matchmakers_hosts_la_SOURCES = plugins/matchmakers/hosts.c plugins/matchmakers/nodes.h
plugins_matchmakers_hosts_la_CPPFLAGS = $(module_cppflags)
plugins_matchmakers_hosts_la_LDFLAGS = $(module_ldflags)
plugins_matchmakers_hosts_la_LIBADD = $(module_libadd)

plugins_matchmakers_ring_la_SOURCES = plugins/matchmakers/ring.c plugins/matchmakers/nodes.h
plugins_matchmakers_ring_la_CPPFLAGS = $(module_cppflags)
plugins_matchmakers_ring_la_LDFLAGS = $(module_ldflags)
plugins_matchmakers_ring_la_LIBADD = $(module_libadd)
endif
EXTRA_DIST += plugins/matchmakers/README.md
