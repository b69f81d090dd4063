/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "secrets.h"

#include "python_json.h"

#include <json-c/json.h>
#include <pcre2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MASK "***"

/* A name that has one of these in it, in any case, names a secret. The same words stand in `pattern`. */
static const char *const words[] = {
    "password", "passwd",    "pswd",        "admin_pass", "adminpass",     "new_pass", "passphrase", "token",
    "secret",   "fernetkey", "private_key", "sslkey",     "encrypted_key", "authkey",  "credential", "configdrive",
};

/* NAME=VALUE, NAME: VALUE, "NAME": "VALUE", <NAME>VALUE: what stands for VALUE is to go. */
static const char pattern[] =
    "([\\w-]*(?:password|passwd|pswd|admin_pass|adminpass|new_pass|passphrase|token|secret|fernetkey|private_key|"
    "sslkey|encrypted_key|authkey|credential|configdrive)[\\w-]*[\"']?(?:\\s*[=:]\\s*|>)[\"']?)"
    "([^\\s\"'&,;<>{}]+)";

static pcre2_code *code;

static void compile(void)
{
    int reason;
    PCRE2_SIZE offset;

    code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS, &reason, &offset, NULL);
}

static const pcre2_code *masking(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, compile);
    return code;
}

bool secrets_is_name(const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasestr(name, words[i]))
            return true;
    return false;
}

/* The text with what looks like a secret in it masked; wholly masked if that cannot be told. */
static struct json_object *mask_text(struct json_object *value)
{
    const char *text = json_object_get_string(value);
    size_t length = (size_t)json_object_get_string_len(value);
    /* A mask is at most three bytes longer than what it hides, which takes at least three with its name. */
    PCRE2_SIZE size = 2 * length + sizeof MASK;
    PCRE2_UCHAR *masked = malloc(size);
    struct json_object *copy = NULL;

    if (!masked)
        return NULL;
    int result = masking() ? pcre2_substitute(masking(), (PCRE2_SPTR)text, length, 0, PCRE2_SUBSTITUTE_GLOBAL, NULL,
                                              NULL, (PCRE2_SPTR) "$1" MASK, PCRE2_ZERO_TERMINATED, masked, &size)
                           : PCRE2_ERROR_NOMEMORY;
    if (result < 0)
        copy = json_object_new_string(MASK);
    else
        copy = json_object_new_string_len((const char *)masked, (int)size);
    free(masked);
    return copy;
}

/* Takes @p member. */
static bool add_member(struct json_object *object, const char *name, struct json_object *member)
{
    if (json_object_object_add(object, name, member) == 0)
        return true;
    json_object_put(member);
    return false;
}

static bool mask(struct json_object *value, struct json_object **masked);

static bool mask_object(struct json_object *value, struct json_object **masked)
{
    struct json_object *object = json_object_new_object();
    bool whole = object != NULL;

    json_object_object_foreach(value, name, member)
    {
        struct json_object *copy = NULL;
        if (whole && secrets_is_name(name))
            whole = (copy = json_object_new_string(MASK)) != NULL;
        else if (whole)
            whole = mask(member, &copy);
        whole = whole && add_member(object, name, copy);
    }
    *masked = object;
    return whole;
}

static bool mask_array(struct json_object *value, struct json_object **masked)
{
    struct json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (size_t i = 0; whole && i < json_object_array_length(value); i++) {
        struct json_object *copy = NULL;
        whole = mask(json_object_array_get_idx(value, i), &copy);
        if (whole && json_object_array_add(array, copy) != 0) {
            json_object_put(copy);
            whole = false;
        }
    }
    *masked = array;
    return whole;
}

/* False without memory; *masked is then what there is of it. Values have been made by a parser or by the program: their
 * depth has a bound. */
static bool mask(struct json_object *value, struct json_object **masked)
{
    switch (json_object_get_type(value)) {
    case json_type_object:
        return mask_object(value, masked);
    case json_type_array:
        return mask_array(value, masked);
    case json_type_string:
        *masked = mask_text(value);
        return *masked != NULL;
    default:
        *masked = json_object_get(value);
        return true;
    }
}

char *secrets_print_masked(struct json_object *value)
{
    struct json_object *masked = NULL;
    char *text = NULL;

    if (mask(value, &masked))
        text = python_json(masked);
    json_object_put(masked);
    return text;
}
