/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NOTIFY_NOTIFICATION_DISPATCHER_H
#define NOTIFY_NOTIFICATION_DISPATCHER_H

#include "listener_parts.h"

/* Does one notification: from what the driver took off the wire to its settlement. Takes @p incoming and the hold on the
 * generation in it. oslo_messaging/notify/dispatcher.py NotificationDispatcher.dispatch(). */
void notification_dispatcher_run(struct ostler_listener *listener, struct ostler_incoming *incoming);

/* Does a batch, and frees it. BatchNotificationDispatcher.dispatch(). */
void notification_dispatcher_run_batch(struct ostler_listener *listener, struct batch *batch);

#endif
