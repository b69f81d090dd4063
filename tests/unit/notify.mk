# Notifications: parts with the hidden-symbol archives; listeners and notifiers over the transport fake with libostler.
notify_part_tests = \
	tests/unit/notify/test_filter \
	tests/unit/notify/test_message \
	tests/unit/notify/test_routing_rules \
	tests/unit/notify/test_secrets
check_PROGRAMS += $(notify_part_tests)
TESTS += $(notify_part_tests)
tests_unit_notify_test_filter_CPPFLAGS = $(NOTIFY_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_notify_test_filter_LDADD = $(UNIT_LDADD)
tests_unit_notify_test_message_CPPFLAGS = $(NOTIFY_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_notify_test_message_LDADD = $(UNIT_LDADD)
tests_unit_notify_test_routing_rules_CPPFLAGS = $(NOTIFY_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_notify_test_routing_rules_LDADD = $(UNIT_LDADD)
tests_unit_notify_test_secrets_CPPFLAGS = $(NOTIFY_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_notify_test_secrets_LDADD = $(UNIT_LDADD)

if BUILD_SHARED
if TRANSPORT_FAKE
notify_whole_tests = tests/unit/notify/test_listener tests/unit/notify/test_notifier
check_PROGRAMS += $(notify_whole_tests)
TESTS += $(notify_whole_tests)
endif
endif
tests_unit_notify_test_listener_CPPFLAGS = $(PUBLIC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_notify_test_listener_LDADD = libostler.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm
tests_unit_notify_test_notifier_CPPFLAGS = $(PUBLIC_CPPFLAGS) $(CRITERION_CFLAGS)
tests_unit_notify_test_notifier_LDADD = libostler.la $(JSONC_LIBS) $(CRITERION_LIBS) -lm
if PRELOADED
notify_whole_ldflags = $(AM_LDFLAGS) $(MODULES:%=-dlpreopen %)
else
notify_whole_ldflags = $(AM_LDFLAGS)
endif
tests_unit_notify_test_listener_LDFLAGS = $(notify_whole_ldflags)
tests_unit_notify_test_listener_DEPENDENCIES = libostler.la $(MODULES)
tests_unit_notify_test_notifier_LDFLAGS = $(notify_whole_ldflags)
tests_unit_notify_test_notifier_DEPENDENCIES = libostler.la $(MODULES)
