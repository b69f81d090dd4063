/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/log.h
 * What the library has to say goes to one sink that the program chooses. Without a sink nothing is printed.
 */
#ifndef OSTLER_LOG_H
#define OSTLER_LOG_H

#include <ostler/api.h>

#include <stdarg.h>

OSTLER_BEGIN_DECLS

/** Most severe first; the numbers are syslog's (RFC 5424). */
enum ostler_log_level {
    OSTLER_LOG_CRITICAL = 2,
    OSTLER_LOG_ERROR = 3,
    OSTLER_LOG_WARNING = 4,
    OSTLER_LOG_INFO = 6,
    OSTLER_LOG_DEBUG = 7
};

/** Receives each line that passes the level: @p module is the part that speaks ("nanomsg", "server", an endpoint's
 *  name), @p text has no newline at its end and no password in it. Called from any thread, several at a time, with no
 *  lock held; must not call back into what logs. Both texts end with the call. */
typedef void (*ostler_log_sink)(void *user, enum ostler_log_level level, const char *module, const char *text);

/** Sets the sink for the whole process; NULL for none. Set it before other threads use the library. */
OSTLER_API void ostler_log_set_sink(ostler_log_sink sink, void *user);

/** Lines less severe than @p level are dropped before they are formatted. Default OSTLER_LOG_INFO. Any thread, any
 *  time. */
OSTLER_API void ostler_log_set_level(enum ostler_log_level level);

/** Whether a line of @p level would reach the sink: to skip costly preparations. */
OSTLER_API bool ostler_log_enabled(enum ostler_log_level level);

/** Formats one line for the sink. Lines over 4 kB are cut. */
OSTLER_API void ostler_log(enum ostler_log_level level, const char *module, const char *format, ...)
    OSTLER_PRINTF(3, 4);

/** As ostler_log() with the arguments as a va_list. */
OSTLER_API void ostler_logv(enum ostler_log_level level, const char *module, const char *format, va_list arguments)
    OSTLER_PRINTF(3, 0);

/** "CRITICAL", "ERROR", "WARNING", "INFO" or "DEBUG", as oslo.log prints them. */
OSTLER_API const char *ostler_log_level_name(enum ostler_log_level level);

OSTLER_END_DECLS

#endif
