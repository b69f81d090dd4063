# Brokers that die and networks that fail; caller says of every call how it ended.
if TRANSPORT_RABBIT
fault_tests = tests/fault/broker_faults.py tests/fault/network_faults.py tests/fault/cluster_faults.py tests/fault/tls.py \
	tests/fault/poison.py tests/fault/cuts.py tests/fault/notification_faults.py tests/fault/lost_queues.py
TESTS += $(fault_tests)
check_PROGRAMS += tests/fault/caller tests/fault/crowd
endif
if TRANSPORT_NANOMSG
TESTS += tests/fault/nanomsg_notifications.py
endif
check_PROGRAMS += tests/fault/notes
EXTRA_DIST += tests/fault/broker_faults.py tests/fault/network_faults.py tests/fault/cluster_faults.py \
	tests/fault/tls.py tests/fault/poison.py tests/fault/cuts.py tests/fault/notification_faults.py tests/fault/lost_queues.py \
	tests/fault/nanomsg_notifications.py tests/fault/fault_support.py tests/support/notes.py tests/support/proxy.py

tests_fault_caller_SOURCES = tests/fault/caller.c
tests_fault_caller_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_fault_caller_LDADD = libostler.la $(JSONC_LIBS)

tests_fault_crowd_SOURCES = tests/fault/crowd.c
tests_fault_crowd_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_fault_crowd_LDADD = libostler.la $(JSONC_LIBS)

tests_fault_notes_SOURCES = tests/fault/notes.c
tests_fault_notes_CPPFLAGS = $(PUBLIC_CPPFLAGS)
tests_fault_notes_LDADD = libostler.la $(JSONC_LIBS)
