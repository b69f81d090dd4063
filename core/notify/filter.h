/* SPDX-License-Identifier: Apache-2.0 */
/* An endpoint's filter, compiled. */
#ifndef NOTIFY_FILTER_H
#define NOTIFY_FILTER_H

#include <ostler/notification.h>

struct filter;

/* NULL gives NULL, which lets everything through. OSTLER_E_MODULE names the criterion, the pattern, what is wrong with
 * it and where; OSTLER_E_NOMEM. */
enum ostler_status filter_compile(const struct ostler_notification_filter *filter, struct filter **compiled,
                                  struct ostler_error *error);

void filter_free(struct filter *filter);

/* Whether the notification passes. Any thread, many at a time. OSTLER_E_INVALID (a match that costs too much),
 * OSTLER_E_NOMEM; *passes is set on success only. */
enum ostler_status filter_match(const struct filter *filter, const struct ostler_notification *notification,
                                bool *passes, struct ostler_error *error);

#endif
