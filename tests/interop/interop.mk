# With real peers: Debian's oslo.messaging, RabbitMQ nodes of our own.
if TRANSPORT_RABBIT
interop_tests = tests/interop/python_to_c.py tests/interop/c_to_python.py tests/interop/recorded.py \
	tests/interop/notifications.py
TESTS += $(interop_tests)
check_LTLIBRARIES += tests/interop/peer.la
check_PROGRAMS += tests/interop/limits
endif
EXTRA_DIST += tests/interop/python_to_c.py tests/interop/c_to_python.py tests/interop/recorded.py \
	tests/interop/notifications.py tests/interop/interop_support.py

tests_interop_limits_SOURCES = tests/interop/limits.c
tests_interop_limits_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_interop_limits_LDADD = libostler.la $(JSONC_LIBS)

tests_interop_peer_la_SOURCES = tests/interop/peer.c
tests_interop_peer_la_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_interop_peer_la_LDFLAGS = $(uninstalled_ldflags)
tests_interop_peer_la_LIBADD = libostler.la $(JSONC_LIBS)
