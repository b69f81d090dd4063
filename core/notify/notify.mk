# Notifiers and listeners: <ostler/notifier.h>, <ostler/listener.h>, <ostler/notification.h>.
CORE_LIBS += core/notify/libnotify.la
core_notify_libnotify_la_CPPFLAGS = $(NOTIFY_CPPFLAGS)
core_notify_libnotify_la_SOURCES = \
	core/notify/batch.c \
	core/notify/batch.h \
	core/notify/driver_log.c \
	core/notify/driver_messaging.c \
	core/notify/driver_noop.c \
	core/notify/driver_routing.c \
	core/notify/driver_test.c \
	core/notify/drivers.c \
	core/notify/drivers.h \
	core/notify/emitting.c \
	core/notify/emitting.h \
	core/notify/filter.c \
	core/notify/filter.h \
	core/notify/listener.c \
	core/notify/listener_parts.h \
	core/notify/message.c \
	core/notify/message.h \
	core/notify/notification_dispatcher.c \
	core/notify/notification_dispatcher.h \
	core/notify/notification_table.c \
	core/notify/notification_table.h \
	core/notify/notification_transport.c \
	core/notify/notifier.c \
	core/notify/pause.c \
	core/notify/pause.h \
	core/notify/priority.c \
	core/notify/python_json.c \
	core/notify/python_json.h \
	core/notify/routing_rules.c \
	core/notify/routing_rules.h \
	core/notify/secrets.c \
	core/notify/secrets.h
