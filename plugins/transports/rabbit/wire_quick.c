/* SPDX-License-Identifier: Apache-2.0 */
#include "wire_quick.h"

#include <ostler/json.h>

#include <stdlib.h>
#include <string.h>

#define CONTEXT_PREFIX "_context_"
#define CONTEXT_LENGTH (sizeof CONTEXT_PREFIX - 1)

char *wire_quick_text(const char *bytes, size_t length, size_t *text_length)
{
    static const char before[] = "{\"oslo.version\": \"2.0\", \"oslo.message\": \"", after[] = "\"}";
    const size_t skip = sizeof before - 1, tail = sizeof after - 1;

    if (length < skip + tail || memcmp(bytes, before, skip) != 0 || memcmp(bytes + length - tail, after, tail) != 0)
        return NULL;
    size_t inside = length - skip - tail;
    char *text = malloc(inside + 1);
    if (!text)
        return NULL;
    *text_length = ostler_json_unescape(bytes + skip, inside, text);
    if (*text_length != SIZE_MAX)
        return text;
    free(text);
    return NULL;
}

/* --- Parts of a text ------------------------------------------------------------------------------------------------------ */

struct cursor {
    char *at, *end;
    unsigned seen; /* members, by their place in the list of names */
    unsigned next; /* where in the list the next one is likely to be */
};

static void skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end &&
           (*cursor->at == ' ' || *cursor->at == '\n' || *cursor->at == '\t' || *cursor->at == '\r'))
        cursor->at++;
}

/* Takes the next byte behind space if it is this one. */
static bool take(struct cursor *cursor, char byte)
{
    skip_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

/* A string without escapes stays where it is: its closing quote becomes the NUL. */
static bool take_text(struct cursor *cursor, const char **out)
{
    if (!take(cursor, '"'))
        return false;
    char *text = cursor->at;
    cursor->at += ostler_json_skip_plain(text, cursor->end) - text;
    if (cursor->at == cursor->end || *cursor->at != '"')
        return false;
    *cursor->at++ = '\0';
    *out = text;
    return true;
}

static bool take_value(struct cursor *cursor, struct json_object **value)
{
    const char *at = cursor->at;
    bool taken = ostler_json_read_next(&at, cursor->end, value);

    cursor->at += at - cursor->at;
    return taken;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);

    skip_space(cursor);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return false;
    cursor->at += length;
    return true;
}

/* A text, or null. */
static bool take_text_or_null(struct cursor *cursor, const char *null, const char **text)
{
    if (!take_word(cursor, "null"))
        return take_text(cursor, text);
    *text = null;
    return true;
}

/* The place of a name in the list, `count` if it is not there. False if it has been there before: the last one counts. */
static bool find(struct cursor *cursor, const char *const *names, unsigned count, const char *name, unsigned *place)
{
    unsigned tried = 0;

    for (*place = cursor->next; tried < count && strcmp(names[*place], name) != 0; tried++)
        *place = *place + 1 < count ? *place + 1 : 0;
    if (tried == count) {
        *place = count;
        return true;
    }
    bool again = cursor->seen & 1u << *place;
    cursor->seen |= 1u << *place;
    cursor->next = *place + 1 < count ? *place + 1 : 0;
    return !again;
}

/* All members of the object that the whole text is. */
static bool take_members(struct cursor *cursor, void *into,
                         bool (*take_member)(struct cursor *cursor, void *into, const char *name))
{
    if (!take(cursor, '{'))
        return false;
    if (!take(cursor, '}')) {
        do {
            const char *name;
            if (!take_text(cursor, &name) || !take(cursor, ':') || !take_member(cursor, into, name))
                return false;
        } while (take(cursor, ','));
        if (!take(cursor, '}'))
            return false;
    }
    skip_space(cursor);
    return cursor->at == cursor->end;
}

static bool pass_over_value(struct cursor *cursor)
{
    struct json_object *value = NULL;
    const char *text;

    skip_space(cursor);
    if (cursor->at < cursor->end && *cursor->at == '"')
        return take_text(cursor, &text);
    bool taken = take_value(cursor, &value);

    json_object_put(value);
    return taken;
}

/* --- Requests ------------------------------------------------------------------------------------------------------------- */

enum request_name {
    REQUEST_METHOD,
    REQUEST_ARGS,
    REQUEST_NAMESPACE,
    REQUEST_VERSION,
    REQUEST_MSG_ID,
    REQUEST_REPLY_Q,
    REQUEST_TIMEOUT,
    REQUEST_UNIQUE_ID,
    REQUEST_NAMES
};
static const char *const request_names[] = {"method",  "args",     "namespace", "version",
                                            "_msg_id", "_reply_q", "_timeout",  "_unique_id"};

static bool take_context(struct cursor *cursor, struct wire_request *request, const char *name)
{
    struct json_object **context = &request->message.context, *value = NULL;

    if (!take_value(cursor, &value))
        return false;
    if (!*context)
        *context = json_object_new_object();
    if (*context && json_object_object_add(*context, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

/* Any type is echoed, but only a text is usual. */
static bool take_msg_id(struct cursor *cursor, struct wire_request *request)
{
    const char *text;

    if (!take_text_or_null(cursor, NULL, &text) || (text && !*text))
        return false;
    if (text)
        request->msg_id = json_object_new_string(text);
    return !text || request->msg_id;
}

static bool take_timeout(struct cursor *cursor, struct wire_request *request)
{
    struct json_object *value = NULL;
    bool taken = take_value(cursor, &value);

    request->monitor_timeout = wire_monitor_timeout(value);
    json_object_put(value);
    return taken;
}

static bool take_args(struct cursor *cursor, struct wire_request *request)
{
    return take_value(cursor, &request->message.args) && json_object_is_type(request->message.args, json_type_object);
}

static bool take_request_member(struct cursor *cursor, void *into, const char *name)
{
    struct wire_request *request = into;
    unsigned place;

    if (strncmp(name, CONTEXT_PREFIX, CONTEXT_LENGTH) == 0)
        return take_context(cursor, request, name + CONTEXT_LENGTH);
    if (!find(cursor, request_names, REQUEST_NAMES, name, &place))
        return false;
    switch (place) {
    case REQUEST_METHOD:
        return take_text(cursor, &request->message.method);
    case REQUEST_ARGS:
        return take_args(cursor, request);
    case REQUEST_NAMESPACE:
        return take_text_or_null(cursor, NULL, &request->message.namespace_);
    case REQUEST_VERSION:
        return take_text_or_null(cursor, "None", &request->message.version);
    case REQUEST_MSG_ID:
        return take_msg_id(cursor, request);
    case REQUEST_REPLY_Q:
        return take_text(cursor, &request->reply_q);
    case REQUEST_TIMEOUT:
        return take_timeout(cursor, request);
    case REQUEST_UNIQUE_ID:
        return take_text(cursor, &request->unique_id);
    default:
        return pass_over_value(cursor);
    }
}

bool wire_quick_request(const char *bytes, size_t length, struct wire_request *request)
{
    struct wire_request read = {.reply_q = ""};
    size_t text_length;

    read.text = wire_quick_text(bytes, length, &text_length);
    if (!read.text)
        return false;
    struct cursor cursor = {.at = read.text, .end = read.text + text_length};
    if (!take_members(&cursor, &read, take_request_member)) {
        wire_request_clear(&read);
        return false;
    }
    if (!read.msg_id)
        read.monitor_timeout = 0.0;
    *request = read;
    return true;
}

/* --- Replies -------------------------------------------------------------------------------------------------------------- */

enum reply_name { REPLY_RESULT, REPLY_FAILURE, REPLY_ENDING, REPLY_MSG_ID, REPLY_NAMES };
static const char *const reply_names[] = {"result", "failure", "ending", "_msg_id"};

static bool take_reply_member(struct cursor *cursor, void *into, const char *name)
{
    struct wire_reply *reply = into;
    unsigned place;

    if (!find(cursor, reply_names, REPLY_NAMES, name, &place))
        return false;
    switch (place) {
    case REPLY_RESULT:
        return take_value(cursor, &reply->value);
    case REPLY_FAILURE:
        return take_word(cursor, "null");
    case REPLY_ENDING:
        reply->ending = take_word(cursor, "true");
        return reply->ending || take_word(cursor, "false");
    case REPLY_MSG_ID:
        return take_text(cursor, &reply->msg_id);
    default:
        return pass_over_value(cursor);
    }
}

bool wire_quick_reply(const char *bytes, size_t length, struct wire_reply *reply)
{
    struct wire_reply read = {.kind = OSTLER_REPLY_RESULT};
    size_t text_length;

    read.text = wire_quick_text(bytes, length, &text_length);
    if (!read.text)
        return false;
    struct cursor cursor = {.at = read.text, .end = read.text + text_length};
    if (!take_members(&cursor, &read, take_reply_member) || !read.msg_id) {
        wire_reply_clear(&read);
        return false;
    }
    if (!read.ending && !read.value)
        read.kind = OSTLER_REPLY_HEARTBEAT;
    *reply = read;
    return true;
}
