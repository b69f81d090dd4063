/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/serializer.h
 * Hooks that change values on their way to and from the wire. oslo_messaging/serializer.py Serializer.
 */
#ifndef OSTLER_SERIALIZER_H
#define OSTLER_SERIALIZER_H

#include <ostler/error.h>

OSTLER_BEGIN_DECLS

/** A set of hooks; each may be NULL for "as it is". The program keeps it alive as long as what uses it.
 *
 *  Entity hooks get each argument of a request separately, and a result; context hooks get the whole context (an object)
 *  once. Input is borrowed; *out is the caller's (to hand the input on, json_object_get() it). A failing hook fails the
 *  call on its own side before anything is sent; on the receiving side it fails the request. Called from the thread that
 *  does the work, several at a time. */
struct ostler_serializer {
    enum ostler_status (*serialize_entity)(void *user, struct json_object *context, struct json_object *entity,
                                           struct json_object **out, struct ostler_error *error);
    enum ostler_status (*deserialize_entity)(void *user, struct json_object *context, struct json_object *entity,
                                             struct json_object **out, struct ostler_error *error);
    enum ostler_status (*serialize_context)(void *user, struct json_object *context, struct json_object **out,
                                            struct ostler_error *error);
    enum ostler_status (*deserialize_context)(void *user, struct json_object *context, struct json_object **out,
                                              struct ostler_error *error);
    void *user;
};

OSTLER_END_DECLS

#endif
