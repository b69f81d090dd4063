/* SPDX-License-Identifier: Apache-2.0 */
/* Answers for compare_oslo_url.py. Each line of standard input is a JSON array: [URL] is answered with what the URL
 * holds, [URL, URL] with whether both are equal. */
#include <ostler/url.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *text_value(const char *text)
{
    return text ? json_object_new_string(text) : NULL;
}

static struct json_object *hosts_value(const ostler_url *url)
{
    size_t count;
    const struct ostler_url_host *hosts = ostler_url_hosts(url, &count);
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++) {
        struct json_object *host = json_object_new_array();
        json_object_array_add(host, text_value(hosts[i].hostname));
        json_object_array_add(host, hosts[i].port < 0 ? NULL : json_object_new_int(hosts[i].port));
        json_object_array_add(host, text_value(hosts[i].username));
        json_object_array_add(host, text_value(hosts[i].password));
        json_object_array_add(array, host);
    }
    return array;
}

static struct json_object *query_value(const ostler_url *url)
{
    size_t count;
    const struct ostler_url_option *options = ostler_url_options(url, &count);
    struct json_object *array = json_object_new_array();

    for (size_t i = 0; i < count; i++) {
        struct json_object *pair = json_object_new_array();
        json_object_array_add(pair, text_value(options[i].name));
        json_object_array_add(pair, text_value(options[i].value));
        json_object_array_add(array, pair);
    }
    return array;
}

static void add_printed(struct json_object *answer, const char *name, char *text)
{
    json_object_object_add(answer, name, text_value(text));
    free(text);
}

/* Whether the printed URL parses, is equal, and prints the same again. */
static bool survives_printing(const ostler_url *url)
{
    char *printed = ostler_url_print(url);
    char *printed_again = NULL;
    ostler_url *again = NULL;
    bool same = false;

    if (printed && ostler_url_parse(printed, &again, NULL) == OSTLER_OK) {
        printed_again = ostler_url_print(again);
        same = ostler_url_equal(url, again) && printed_again && strcmp(printed, printed_again) == 0;
    }
    ostler_url_free(again);
    free(printed_again);
    free(printed);
    return same;
}

static void answer_one(struct json_object *answer, const char *text)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_url *url = NULL;

    add_printed(answer, "mask", ostler_url_mask(text));
    if (ostler_url_parse(text, &url, &error) != OSTLER_OK) {
        json_object_object_add(answer, "status", text_value(ostler_status_name(error.status)));
        json_object_object_add(answer, "error", text_value(error.message));
        ostler_error_clear(&error);
        return;
    }
    json_object_object_add(answer, "scheme", text_value(ostler_url_scheme(url)));
    json_object_object_add(answer, "driver", text_value(ostler_url_driver(url)));
    json_object_object_add(answer, "virtual_host", text_value(ostler_url_virtual_host(url)));
    json_object_object_add(answer, "hosts", hosts_value(url));
    json_object_object_add(answer, "query", query_value(url));
    add_printed(answer, "print", ostler_url_print(url));
    add_printed(answer, "safe", ostler_url_print_safe(url));
    json_object_object_add(answer, "survives", json_object_new_boolean(survives_printing(url)));
    ostler_url_free(url);
}

static void answer_two(struct json_object *answer, const char *first, const char *second)
{
    ostler_url *a = NULL, *b = NULL;

    if (ostler_url_parse(first, &a, NULL) == OSTLER_OK && ostler_url_parse(second, &b, NULL) == OSTLER_OK)
        json_object_object_add(answer, "equal", json_object_new_boolean(ostler_url_equal(a, b)));
    ostler_url_free(a);
    ostler_url_free(b);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, stdin) > 0) {
        struct json_object *texts = json_tokener_parse(line);
        if (!json_object_is_type(texts, json_type_array)) {
            fprintf(stderr, "not an array: %s", line);
            return 1;
        }
        struct json_object *answer = json_object_new_object();
        const char *first = json_object_get_string(json_object_array_get_idx(texts, 0));
        if (json_object_array_length(texts) == 1)
            answer_one(answer, first);
        else
            answer_two(answer, first, json_object_get_string(json_object_array_get_idx(texts, 1)));
        puts(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
        json_object_put(answer);
        json_object_put(texts);
    }
    free(line);
    return 0;
}
