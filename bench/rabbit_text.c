/* SPDX-License-Identifier: Apache-2.0 */
#include "rabbit_text.h"

#include "contest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define HEAD "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{"

static const char request_head[] = HEAD "\\\"method\\\": \\\"echo\\\", \\\"args\\\": {\\\"arg\\\": \\\"",
                  request_id[] = "\\\"}, \\\"_msg_id\\\": \\\"", request_queue[] = "\\\", \\\"_reply_q\\\": \\\"",
                  request_unique[] = "\\\", \\\"_timeout\\\": null, \\\"_unique_id\\\": \\\"";
static const char answer_head[] = HEAD "\\\"result\\\": \\\"",
                  answer_id[] = "\\\", \\\"failure\\\": null, \\\"ending\\\": true, \\\"_msg_id\\\": \\\"",
                  answer_unique[] = "\\\", \\\"_unique_id\\\": \\\"";
static const char tail[] = "\\\"}\"}";

enum {
    REQUEST_TAIL = sizeof request_id + RABBIT_TEXT_ID + sizeof request_queue + RABBIT_TEXT_QUEUE +
                   sizeof request_unique + RABBIT_TEXT_ID + sizeof tail - 4,
    ANSWER_TAIL = sizeof answer_id + RABBIT_TEXT_ID + sizeof answer_unique + RABBIT_TEXT_ID + sizeof tail - 3
};

static char *put(char *at, const char *from, size_t length)
{
    memcpy(at, from, length);
    return at + length;
}

static char *put_unique(char *at)
{
    static uint64_t serial;
    char digits[RABBIT_TEXT_ID + 1];

    snprintf(digits, sizeof digits, "%016llx%016llx", 0x4b8e1f0a6c1d4d0eULL, (unsigned long long)++serial);
    at = put(at, digits, RABBIT_TEXT_ID);
    return put(at, tail, sizeof tail - 1);
}

size_t rabbit_text_request(char *text, const char *payload, size_t length, const char *id, const char *queue)
{
    char *at = put(text, request_head, sizeof request_head - 1);

    at = put(at, payload, length);
    at = put(at, request_id, sizeof request_id - 1);
    at = put(at, id, RABBIT_TEXT_ID);
    at = put(at, request_queue, sizeof request_queue - 1);
    at = put(at, queue, RABBIT_TEXT_QUEUE);
    at = put(at, request_unique, sizeof request_unique - 1);
    return (size_t)(put_unique(at) - text);
}

size_t rabbit_text_answer(char *text, const char *payload, size_t length, const char *id)
{
    char *at = put(text, answer_head, sizeof answer_head - 1);

    at = put(at, payload, length);
    at = put(at, answer_id, sizeof answer_id - 1);
    at = put(at, id, RABBIT_TEXT_ID);
    at = put(at, answer_unique, sizeof answer_unique - 1);
    return (size_t)(put_unique(at) - text);
}

size_t rabbit_text_read(const char *text, size_t length, const char **payload, char *id, char *queue)
{
    size_t before = queue ? sizeof request_head - 1 : sizeof answer_head - 1;
    size_t behind = queue ? REQUEST_TAIL : ANSWER_TAIL;
    const char *at = text + length - behind + (queue ? sizeof request_id : sizeof answer_id) - 1;

    if (length < before + behind)
        contest_die("a message of %zu bytes, which is none of the wire's", length);
    *payload = text + before;
    *put(id, at, RABBIT_TEXT_ID) = '\0';
    if (queue)
        *put(queue, at + RABBIT_TEXT_ID + sizeof request_queue - 1, RABBIT_TEXT_QUEUE) = '\0';
    return length - before - behind;
}
