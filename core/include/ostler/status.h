/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/status.h
 * The one list of outcomes. Each is also the exit code of the `ostler` command and the name of the oslo.messaging
 * exception that means the same.
 */
#ifndef OSTLER_STATUS_H
#define OSTLER_STATUS_H

#include <ostler/api.h>

OSTLER_BEGIN_DECLS

/** X(symbol, number, oslo.messaging's exception or "", exit code of the command, one line for people).
 *  Numbers never change their meaning; new ones are added at the end. */
#define OSTLER_STATUS_MAP(X)                                                                                           \
    X(OSTLER_OK, 0, "", 0, "success")                                                                                  \
    X(OSTLER_E_INVALID, 1, "", 1, "an argument or a message is not acceptable")                                        \
    X(OSTLER_E_NOMEM, 2, "", 1, "out of memory")                                                                       \
    X(OSTLER_E_SYSTEM, 3, "", 1, "the operating system refused something")                                             \
    X(OSTLER_E_CONFIG, 4, "ConfigurationError", 2, "the configuration is wrong")                                       \
    X(OSTLER_E_TIMEOUT, 5, "MessagingTimeout", 3, "no answer within the time allowed")                                 \
    X(OSTLER_E_REMOTE, 6, "RemoteError", 4, "the other side answered with a failure")                                  \
    X(OSTLER_E_DELIVERY, 7, "MessageDeliveryFailure", 5, "the transport did not take the message")                     \
    X(OSTLER_E_UNDELIVERABLE, 8, "MessageUndeliverable", 6, "nobody serves this target")                               \
    X(OSTLER_E_VERSION_CAP, 9, "RPCVersionCapError", 7, "the version cap forbids this version")                        \
    X(OSTLER_E_URL, 10, "InvalidTransportURL", 2, "the transport URL is wrong")                                        \
    X(OSTLER_E_DRIVER, 11, "DriverLoadFailure", 8, "the transport driver cannot be loaded")                            \
    X(OSTLER_E_TARGET, 12, "InvalidTarget", 2, "the target does not fit the operation")                                \
    X(OSTLER_E_LISTEN, 13, "ServerListenError", 9, "the server cannot listen")                                         \
    X(OSTLER_E_EXECUTOR, 14, "ExecutorLoadFailure", 8, "the executor cannot be loaded")                                \
    X(OSTLER_E_MODULE, 15, "", 1, "a module cannot be loaded")                                                         \
    X(OSTLER_E_CANCELLED, 16, "", 1, "cancelled by the caller")                                                        \
    X(OSTLER_E_BUSY, 17, "", 1, "a bounded queue is full; try again later")                                            \
    X(OSTLER_E_CLOSED, 18, "", 1, "already closed or stopped")                                                         \
    X(OSTLER_E_TASK_TIMEOUT, 19, "TaskTimeout", 3, "a server operation waited too long for another one")

/** What a function ended with. OSTLER_OK is zero. */
enum ostler_status {
#define OSTLER_STATUS_MEMBER(symbol, number, exception, exit_code, text) symbol = number,
    OSTLER_STATUS_MAP(OSTLER_STATUS_MEMBER)
#undef OSTLER_STATUS_MEMBER
};

/** The symbol as text ("OSTLER_E_TIMEOUT"), or "unknown status". Static text; any thread. */
OSTLER_API const char *ostler_status_name(enum ostler_status status);

/** One line for people ("no answer within the time allowed"). Static text; any thread. */
OSTLER_API const char *ostler_status_text(enum ostler_status status);

/** The oslo.messaging exception class that means the same ("MessagingTimeout"), or "" where there is none. */
OSTLER_API const char *ostler_status_exception(enum ostler_status status);

/** The exit code that the `ostler` command ends with for this status. */
OSTLER_API int ostler_status_exit_code(enum ostler_status status);

OSTLER_END_DECLS

#endif
