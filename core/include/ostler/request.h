/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/request.h
 * One request, as an endpoint's method sees it: what was asked, and the one answer.
 *
 * A request is answered exactly once, by ostler_request_return(), ostler_request_fail() or ostler_request_refuse(); the
 * first answer counts and later ones are refused. A method may answer before it returns, or keep the request and answer
 * later from any thread. For a cast the answer goes nowhere, but is counted and logged all the same.
 */
#ifndef OSTLER_REQUEST_H
#define OSTLER_REQUEST_H

#include <ostler/clock.h>
#include <ostler/error.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_request ostler_request;

/* What was asked. Everything returned is borrowed from the request and may be read by the thread that holds it, until
 * the method returns, or if it was kept until it is answered. */

OSTLER_API const char *ostler_request_method(const ostler_request *request);
/** NULL for the null namespace. */
OSTLER_API const char *ostler_request_namespace(const ostler_request *request);
/** "1.0" where the caller gave none. */
OSTLER_API const char *ostler_request_version(const ostler_request *request);
OSTLER_API const char *ostler_request_exchange(const ostler_request *request);
OSTLER_API const char *ostler_request_topic(const ostler_request *request);
/** The name of the server that received it. */
OSTLER_API const char *ostler_request_server(const ostler_request *request);
/** The caller's context: an object. NULL only if it is empty and there is no memory left for one. */
OSTLER_API struct json_object *ostler_request_context(const ostler_request *request);
/** All arguments: an object, never NULL. */
OSTLER_API struct json_object *ostler_request_args(const ostler_request *request);
/** One argument; NULL if it is absent or JSON's null. */
OSTLER_API struct json_object *ostler_request_arg(const ostler_request *request, const char *name);
/** One argument as text; @p absent if it is absent or no string. */
OSTLER_API const char *ostler_request_arg_string(const ostler_request *request, const char *name, const char *absent);
/** One argument as an integer; @p absent if it is absent or no integer. */
OSTLER_API int64_t ostler_request_arg_integer(const ostler_request *request, const char *name, int64_t absent);
/** One argument as a number; @p absent if it is absent or no number. */
OSTLER_API double ostler_request_arg_number(const ostler_request *request, const char *name, double absent);
/** One argument as a boolean; @p absent if it is absent or no boolean. */
OSTLER_API bool ostler_request_arg_bool(const ostler_request *request, const char *name, bool absent);
/** Whether the caller waits (a call) or not (a cast). */
OSTLER_API bool ostler_request_wants_reply(const ostler_request *request);
/** When the caller gives up, if the transport tells; else OSTLER_NEVER. Work that cannot be done by then may be left. */
OSTLER_API ostler_time ostler_request_deadline(const ostler_request *request);

/* The answer. Each returns OSTLER_OK if it was the first answer, else OSTLER_E_INVALID; so that
 * `return ostler_request_return(request, value);` ends a method. */

/** Answers with @p result, which is taken (one reference less in every case); NULL is JSON's null. Without memory for a
 *  result pass NULL and answer with ostler_request_fail() instead. */
OSTLER_API enum ostler_status ostler_request_return(ostler_request *request, struct json_object *result);

/** Answers with an exception that a Python caller re-raises if it allows its module: "builtins" and "ValueError", say.
 *  The formatted sentence is its message and its only argument. Logged as an error on this side. */
OSTLER_API enum ostler_status ostler_request_fail(ostler_request *request, const char *module, const char *class_name,
                                                  const char *format, ...) OSTLER_PRINTF(4, 5);

/** As ostler_request_fail() for failures that are part of the interface: logged at debug level only.
 *  oslo_messaging.expected_exceptions(). */
OSTLER_API enum ostler_status ostler_request_refuse(ostler_request *request, const char *module, const char *class_name,
                                                    const char *format, ...) OSTLER_PRINTF(4, 5);

/** As ostler_request_fail() with the exception's arguments: @p args (an array) and @p kwargs (an object), both borrowed
 *  and nullable; @p expected as in ostler_request_refuse(). */
OSTLER_API enum ostler_status ostler_request_raise(ostler_request *request, const char *module, const char *class_name,
                                                   const char *message, struct json_object *args,
                                                   struct json_object *kwargs, bool expected);

/** Keeps the request beyond the method's return: the method must then return OSTLER_OK, and somebody must answer later,
 *  exactly once, from any thread; that answer also ends the hold on it. The server's wait() waits for it. A request
 *  that is kept is passed from thread to thread like any object without a lock: one owner at a time. */
OSTLER_API ostler_request *ostler_request_keep(ostler_request *request);

OSTLER_END_DECLS

#endif
