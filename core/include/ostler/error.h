/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/error.h
 * Why something failed, for a person and for a program.
 *
 * Every function that can fail takes a nullable `struct ostler_error *` last. On failure it is filled in; on success
 * it is left alone. One object can be used for many calls: each failure replaces what was there.
 *
 *     struct ostler_error error = OSTLER_ERROR_INIT;
 *     if (ostler_conf_new(&conf, &error) != OSTLER_OK)
 *         fprintf(stderr, "%s\n", error.message);
 *     ostler_error_clear(&error);
 */
#ifndef OSTLER_ERROR_H
#define OSTLER_ERROR_H

#include <ostler/status.h>

#include <stdarg.h>

OSTLER_BEGIN_DECLS

/** Lives where the caller puts it (usually the stack). All pointers are owned by it and end with ostler_error_clear().
 *  Not shared between threads. */
struct ostler_error {
    enum ostler_status status;
    /** A sentence a person can act on; never NULL after a failure; holds no password. */
    const char *message;
    /** OSTLER_E_REMOTE only: the exception as the other side named it, e.g. "ValueError" and "builtins". Else NULL. */
    const char *remote_class;
    const char *remote_module;
    /** OSTLER_E_REMOTE only: the exception's text without class or traceback, or NULL. */
    const char *remote_message;
    /** OSTLER_E_REMOTE only: the exception's positional arguments (an array) and keyword arguments (an object). */
    struct json_object *remote_args;
    struct json_object *remote_kwargs;
    /** OSTLER_E_REMOTE only: the traceback's lines as one text, "" if the other side sent none. */
    const char *traceback;
    /** What is known beyond the sentence, as a JSON object (for a timeout: what became of the request), or NULL. */
    struct json_object *details;
    /** For later members; zero. */
    void *reserved_[2];
};

/* clang-format off */
#ifdef __cplusplus
#define OSTLER_ERROR_INIT                                                                                              \
    {                                                                                                                  \
    }
#else
#define OSTLER_ERROR_INIT                                                                                              \
    {                                                                                                                  \
        .status = OSTLER_OK                                                                                            \
    }
#endif
/* clang-format on */

/** Frees what @p error holds and makes it as new. NULL is fine. */
OSTLER_API void ostler_error_clear(struct ostler_error *error);

/** Fills @p error (NULL is fine) with @p status and a formatted sentence, replacing what was there, and returns
 *  @p status, so that `return ostler_error_set(...)` reads well. Without memory the sentence is the status's own. */
OSTLER_API enum ostler_status ostler_error_set(struct ostler_error *error, enum ostler_status status,
                                               const char *format, ...) OSTLER_PRINTF(3, 4);

/** As ostler_error_set() with the arguments as a va_list. */
OSTLER_API enum ostler_status ostler_error_setv(struct ostler_error *error, enum ostler_status status,
                                                const char *format, va_list arguments) OSTLER_PRINTF(3, 0);

/** As ostler_error_set() for OSTLER_E_SYSTEM: ": " and the text of errno value @p errnum are added. */
OSTLER_API enum ostler_status ostler_error_set_errno(struct ostler_error *error, int errnum, const char *format, ...)
    OSTLER_PRINTF(3, 4);

/** Puts "PREFIX: " before the message that is already there (a file name, a section), keeping everything else. Does
 *  nothing if @p error is NULL or holds no failure. */
OSTLER_API void ostler_error_prefix(struct ostler_error *error, const char *format, ...) OSTLER_PRINTF(2, 3);

/** Moves a failure from @p from to @p to (NULL drops it); @p from is as new afterwards. Returns the status moved. */
OSTLER_API enum ostler_status ostler_error_move(struct ostler_error *to, struct ostler_error *from);

/** Fills @p error from a failure object as it travels (members class, module, message, tb, args, kwargs; all may be
 *  missing): status OSTLER_E_REMOTE, message "Remote error: CLASS MESSAGE". @p failure is borrowed.
 *  oslo_messaging/_drivers/common.py deserialize_remote_exception() reads the same members. */
OSTLER_API enum ostler_status ostler_error_set_remote(struct ostler_error *error, struct json_object *failure);

OSTLER_END_DECLS

#endif
