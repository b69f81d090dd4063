/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/json.h
 * Values to and from JSON text, for drivers and whoever else has a wire: what json-c does, several times as fast for the
 * JSON that programs write. Any thread.
 */
#ifndef OSTLER_JSON_H
#define OSTLER_JSON_H

#include <ostler/error.h>

#include <stdbool.h>
#include <stddef.h>

OSTLER_BEGIN_DECLS

/** How deep a text may be nested: enough for anything sensible, and little enough for every thread's stack. */
#define OSTLER_JSON_DEPTH 1000

/** Reads a text of @p length bytes, all of it, into a value that the caller owns; no text at all is null. What is
 *  accepted, and which value it makes, is json-c's to say where it is strict; text that is no UTF-8 is refused. @p what is the subject of
 *  the error's sentence ("the reply"). OSTLER_E_INVALID, OSTLER_E_NOMEM. */
OSTLER_API enum ostler_status ostler_json_read(const char *text, size_t length, const char *what,
                                               struct json_object **value, struct ostler_error *error);

/** Reads the value that stands at *@p at, for who walks through a text himself, and leaves *@p at behind it. False, with all
 *  as it was, for what ostler_json_read() leaves to json-c (deep nesting, huge numbers, mistakes), and without memory: then
 *  read the whole text with that. */
OSTLER_API bool ostler_json_read_next(const char **at, const char *end, struct json_object **value);

/** A text that grows. It begins in memory of the caller's, and moves to the heap when that is too small. */
struct ostler_json_text {
    char *bytes; /**< not terminated */
    size_t length;
    size_t capacity;
    bool on_heap;
};

/** Starts an empty text in @p room, which lives as long as it. */
OSTLER_API void ostler_json_text_init(struct ostler_json_text *text, char *room, size_t size);

/** Appends @p value as json-c prints it, without spaces and with slashes as they are. Serializers that were set with
 *  json_object_set_serializer() are heeded for numbers with a fraction only. OSTLER_E_NOMEM; then the text is to be
 *  cleared. */
OSTLER_API enum ostler_status ostler_json_write(struct ostler_json_text *text, struct json_object *value,
                                                struct ostler_error *error);

/** Frees what is on the heap. */
OSTLER_API void ostler_json_text_clear(struct ostler_json_text *text);

/** Whether all of it is UTF-8: no overlong forms, no surrogates (RFC 3629). */
OSTLER_API bool ostler_json_is_utf8(const char *text, size_t length);

/** Goes on from @p at to the first byte that does not stand in a JSON string as it is: a quote, a backslash, a control
 *  character, or what is no UTF-8 (then the byte is above 0x7f). @p end if there is none. */
OSTLER_API const char *ostler_json_skip_plain(const char *at, const char *end);

/** Takes the escapes off what stands between the quotes of a JSON string, into @p to, which has room for @p length bytes and
 *  does not overlap. The length of what is there now; SIZE_MAX if there is something in it that needs a closer look: what does not
 *  belong there, or escapes with \\u. */
OSTLER_API size_t ostler_json_unescape(const char *from, size_t length, char *to);

OSTLER_END_DECLS

#endif
