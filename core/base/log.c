/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/log.h>

#include <stdatomic.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 4096 };

static ostler_log_sink current_sink;
static void *current_user;
static atomic_int current_level = OSTLER_LOG_INFO;

void ostler_log_set_sink(ostler_log_sink sink, void *user)
{
    current_user = user;
    current_sink = sink;
}

void ostler_log_set_level(enum ostler_log_level level)
{
    atomic_store_explicit(&current_level, (int)level, memory_order_relaxed);
}

bool ostler_log_enabled(enum ostler_log_level level)
{
    return current_sink && (int)level <= atomic_load_explicit(&current_level, memory_order_relaxed);
}

void ostler_log(enum ostler_log_level level, const char *module, const char *format, ...)
{
    if (!ostler_log_enabled(level))
        return;

    va_list arguments;
    va_start(arguments, format);
    ostler_logv(level, module, format, arguments);
    va_end(arguments);
}

void ostler_logv(enum ostler_log_level level, const char *module, const char *format, va_list arguments)
{
    if (!ostler_log_enabled(level))
        return;

    char line[LINE_MAX_BYTES];
    if (vsnprintf(line, sizeof line, format, arguments) >= 0)
        current_sink(current_user, level, module, line);
}

const char *ostler_log_level_name(enum ostler_log_level level)
{
    switch (level) {
    case OSTLER_LOG_CRITICAL:
        return "CRITICAL";
    case OSTLER_LOG_ERROR:
        return "ERROR";
    case OSTLER_LOG_WARNING:
        return "WARNING";
    case OSTLER_LOG_INFO:
        return "INFO";
    case OSTLER_LOG_DEBUG:
        return "DEBUG";
    }
    return "LOG";
}
