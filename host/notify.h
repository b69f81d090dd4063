/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the service manager how the host is, by the datagrams of sd_notify(3). Without $NOTIFY_SOCKET nothing happens. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <ostler/clock.h>

/* Sends assignments such as "READY=1\nSTATUS=…". Any thread; waits at most two seconds for a manager that is busy. */
void notify_send(const char *format, ...) OSTLER_PRINTF(1, 2);

/* "RELOADING=1" with the time that it needs. */
void notify_reloading(void);

/* How often the manager wants to hear WATCHDOG=1, in seconds, halved for safety; 0 if it does not. */
double notify_watchdog_interval(void);

#endif
