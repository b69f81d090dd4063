/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <criterion/criterion.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What one argument becomes, as JSON; NULL if it is refused, and then *message says why. The caller frees both. */
static char *parsed(const char *text, char **message)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *object = json_object_new_object();
    char *result = NULL;

    if (arguments_add(object, text, &error) == OSTLER_OK)
        result = strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
    else
        cr_expect_eq(json_object_object_length(object), 0, "a refused argument leaves nothing behind");
    *message = error.message ? strdup(error.message) : NULL;
    ostler_error_clear(&error);
    json_object_put(object);
    return result;
}

Test(arguments, become_members, .timeout = 60)
{
    static const struct {
        const char *text;
        const char *json;
    } cases[] = {
        {"a=b", "{\"a\":\"b\"}"},
        {"a=", "{\"a\":\"\"}"},
        {"a=b=c", "{\"a\":\"b=c\"}"},
        {"a=:=1", "{\"a\":\":=1\"}"},
        {"a=5", "{\"a\":\"5\"}"},
        {"a:=5", "{\"a\":5}"},
        {"a:= 5 ", "{\"a\":5}"},
        {"a:=-2.5", "{\"a\":-2.5}"},
        {"a:=null", "{\"a\":null}"},
        {"a:=\"5\"", "{\"a\":\"5\"}"},
        {"a:=[1,{\"b\":[]}]", "{\"a\":[1,{\"b\":[]}]}"},
        {"a:b=c", "{\"a:b\":\"c\"}"},
        {"\xc3\xa9=\xe2\x82\xac", "{\"\xc3\xa9\":\"\xe2\x82\xac\"}"},
        {"a:=9223372036854775807", "{\"a\":9223372036854775807}"},
        {"a:=18446744073709551614", "{\"a\":18446744073709551614}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *message, *json = parsed(cases[i].text, &message);
        cr_expect_not_null(json, "%s: %s", cases[i].text, message ? message : "");
        if (json)
            cr_expect_str_eq(json, cases[i].json, "%s gave %s", cases[i].text, json);
        free(json);
        free(message);
    }
}

Test(arguments, refused_ones_are_named, .timeout = 60)
{
    static const struct {
        const char *text;
        const char *message; /* a part of it */
    } cases[] = {
        {"a", "'a': neither NAME=STRING nor NAME:=JSON"},
        {"", "neither"},
        {"=b", "no name"},
        {":=1", "no name"},
        {"a:=", "'a': the JSON ends too early"},
        {"a:=[1", "ends too early"},
        {"a:=b", "'a': no JSON"},
        {"a:=1 2", "no JSON"},
        {"a:='b'", "no JSON"},
        {"a:=[1,]", "no JSON"},
        {"a:=NaN", "'a': a number that JSON cannot write"},
        {"a:=[[-Infinity]]", "a number that JSON cannot write"},
        {"a:={\"b\":1e999}", "a number that JSON cannot write"},
        {"a:=1234567890123456789012345", "64 bits"},
        {"a:=-1234567890123456789012345", "64 bits"},
        {"a=\xff", "'a': not valid UTF-8"},
        {"a:=\"\xc0\x80\"", "'a': not valid UTF-8"},
        {"\xff=a", "name is not valid UTF-8"},
        {"a:=@/nonexistent/file", "'a': cannot open /nonexistent/file: No such file"},
        {"a:=@/", "'a': cannot read /: Is a directory"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *message, *json = parsed(cases[i].text, &message);
        cr_expect_null(json, "%s was accepted", cases[i].text);
        cr_expect(message && strstr(message, cases[i].message), "%s: %s", cases[i].text, message ? message : "none");
        free(json);
        free(message);
    }
}

Test(arguments, name_is_bounded, .timeout = 60)
{
    char text[300], *message, *json;

    memset(text, 'n', sizeof text);
    memcpy(text + 255, "=v", 3);
    json = parsed(text, &message);
    cr_expect_not_null(json, "255 bytes are allowed");
    free(json);
    free(message);
    memcpy(text + 255, "n=v", 4);
    json = parsed(text, &message);
    cr_expect_null(json, "256 are not");
    free(json);
    free(message);
}

Test(arguments, depth_is_bounded, .timeout = 60)
{
    static const int depths[] = {ARGUMENTS_DEPTH_MAX - 1, 10000};

    for (size_t i = 0; i < 2; i++) {
        int depth = depths[i];
        char *text = malloc(2 * (size_t)depth + 4), *message;
        cr_assert_not_null(text);
        memcpy(text, "a:=", 3);
        memset(text + 3, '[', (size_t)depth);
        memset(text + 3 + depth, ']', (size_t)depth);
        text[3 + 2 * depth] = '\0';
        char *json = parsed(text, &message);
        if (i == 0)
            cr_expect_not_null(json, "%s", message ? message : "");
        else
            cr_expect(message && strstr(message, "'a': nested deeper than"), "%s", message ? message : "none");
        free(json);
        free(message);
        free(text);
    }
}

Test(arguments, files, .timeout = 60)
{
    static const struct {
        const char *content;
        size_t size;
        const char *json; /* NULL: refused */
    } cases[] = {
        {"[1, 2]\n", 7, "{\"a\":[1,2]}"},
        {"\"text\"", 6, "{\"a\":\"text\"}"},
        {"", 0, NULL},
        {"1\0002", 3, NULL},
        {"\"\xff\"", 3, NULL},
    };
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char path[4096], text[4200];

    snprintf(path, sizeof path, "%s/ostler-arguments-XXXXXX", folder);
    int file = mkstemp(path);
    cr_assert(file >= 0);
    snprintf(text, sizeof text, "a:=@%s", path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert(ftruncate(file, 0) == 0);
        cr_assert(pwrite(file, cases[i].content, cases[i].size, 0) == (ssize_t)cases[i].size);
        char *message, *json = parsed(text, &message);
        if (cases[i].json)
            cr_expect(json && strcmp(json, cases[i].json) == 0, "case %zu: %s", i, json ? json : message);
        else
            cr_expect_null(json, "case %zu was accepted", i);
        free(json);
        free(message);
    }
    close(file);
    unlink(path);
}

Test(arguments, twice_the_same_name, .timeout = 60)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct json_object *object = NULL;
    char *texts[] = {(char[]){"a=1"}, (char[]){"b=2"}, (char[]){"a:=3"}};

    cr_assert_eq(arguments_parse(texts, 2, &object, &error), OSTLER_OK);
    json_object_put(object);
    object = NULL;
    cr_assert_eq(arguments_parse(texts, 3, &object, &error), OSTLER_E_INVALID);
    cr_assert_str_eq(error.message, "argument 'a': given twice");
    cr_assert_null(object);
    ostler_error_clear(&error);
}

Test(arguments, utf8, .timeout = 60)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"", true},
        {"ascii", true},
        {"\xc2\x80", true},
        {"\xdf\xbf", true},
        {"\xe0\xa0\x80", true},
        {"\xed\x9f\xbf", true},
        {"\xef\xbf\xbf", true},
        {"\xf0\x90\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc1\xbf", false},
        {"\xc2", false},
        {"\xc2x", false},
        {"\xe0\x9f\xbf", false},
        {"\xe2\x82", false},
        {"\xe2\x82x", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(arguments_utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid, "case %zu", i);
}
