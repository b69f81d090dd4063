/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc_text.h"

#include "contest.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

struct rpc_text {
    struct json_tokener *parser;
    struct json_object *arg;  /* the text that is sent */
    struct json_object *made; /* whose text was returned last */
    size_t payload;
};

struct rpc_text *rpc_text_new(size_t payload)
{
    struct rpc_text *text = calloc(1, sizeof *text);
    char *bytes = malloc(payload + 1);

    if (!text || !bytes)
        contest_die("no memory");
    memset(bytes, 'x', payload);
    text->parser = json_tokener_new();
    text->arg = json_object_new_string_len(bytes, (int)payload);
    text->payload = payload;
    free(bytes);
    return text;
}

void rpc_text_free(struct rpc_text *text)
{
    json_object_put(text->made);
    json_object_put(text->arg);
    json_tokener_free(text->parser);
    free(text);
}

const char *rpc_text_payload(struct rpc_text *text, size_t *size)
{
    *size = text->payload;
    return json_object_get_string(text->arg);
}

static const char *print(struct rpc_text *text, struct json_object *made, size_t *size)
{
    json_object_put(text->made);
    text->made = made;
    return json_object_to_json_string_length(made, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, size);
}

static struct json_object *parse(struct rpc_text *text, const char *bytes, size_t size)
{
    json_tokener_reset(text->parser);
    struct json_object *value = json_tokener_parse_ex(text->parser, bytes, (int)size);
    if (!value)
        contest_die("a message that is no JSON");
    return value;
}

const char *rpc_text_request(struct rpc_text *text, size_t *size)
{
    struct json_object *request = json_object_new_object(), *args = json_object_new_object();

    json_object_object_add(args, "arg", json_object_get(text->arg));
    json_object_object_add(request, "method", json_object_new_string("echo"));
    json_object_object_add(request, "args", args);
    return print(text, request, size);
}

const char *rpc_text_answer(struct rpc_text *text, const char *request, size_t request_size, size_t *size)
{
    struct json_object *parsed = parse(text, request, request_size), *answer = json_object_new_object();
    struct json_object *method = NULL, *args = NULL, *arg = NULL;

    json_object_object_get_ex(parsed, "method", &method);
    json_object_object_get_ex(parsed, "args", &args);
    if (!method || strcmp(json_object_get_string(method), "echo") != 0 || !json_object_object_get_ex(args, "arg", &arg))
        contest_die("a request for something else");
    json_object_object_add(answer, "result", json_object_get(arg));
    const char *made = print(text, answer, size);
    json_object_put(parsed);
    return made;
}

bool rpc_text_is_answer(struct rpc_text *text, const char *answer, size_t size)
{
    struct json_object *parsed = parse(text, answer, size), *result = NULL;
    bool good = json_object_object_get_ex(parsed, "result", &result) &&
                (size_t)json_object_get_string_len(result) == text->payload;

    json_object_put(parsed);
    return good;
}
