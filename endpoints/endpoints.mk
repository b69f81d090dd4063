# Endpoint modules: echo, control and audit are installed, the examples are built and tested and installed as source.
endpoint_LTLIBRARIES += endpoints/echo.la endpoints/control.la endpoints/audit.la
endpoints_echo_la_SOURCES = endpoints/echo/echo.c
endpoints_echo_la_CPPFLAGS = $(module_cppflags)
endpoints_echo_la_LDFLAGS = $(module_ldflags)
endpoints_echo_la_LIBADD = $(module_libadd)

endpoints_control_la_SOURCES = endpoints/control/control.c
endpoints_control_la_CPPFLAGS = $(module_cppflags)
endpoints_control_la_LDFLAGS = $(module_ldflags)
endpoints_control_la_LIBADD = $(module_libadd)

endpoints_audit_la_SOURCES = endpoints/audit/audit.c
endpoints_audit_la_CPPFLAGS = $(module_cppflags)
endpoints_audit_la_LDFLAGS = $(module_ldflags)
endpoints_audit_la_LIBADD = $(module_libadd)

MODULES += endpoints/echo.la endpoints/control.la endpoints/audit.la

# A module of its own folder, so that nobody finds it by name alone; -rpath makes a shared object of what is not
# installed.
if SHARED
noinst_LTLIBRARIES += endpoints/examples/thermo.la
endif
endpoints_examples_thermo_la_SOURCES = endpoints/examples/thermo.c
endpoints_examples_thermo_la_CPPFLAGS = $(PUBLIC_CPPFLAGS)
endpoints_examples_thermo_la_LDFLAGS = $(uninstalled_ldflags)
endpoints_examples_thermo_la_LIBADD = libostler.la $(JSONC_LIBS)
uninstalled_ldflags = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined \
	-export-symbols-regex '^ostler_module$$' -rpath $(abs_builddir)

dist_example_DATA += endpoints/examples/thermo.c
EXTRA_DIST += endpoints/README.md
