/* SPDX-License-Identifier: Apache-2.0 */
#include "python_json.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One character of valid UTF-8; what is none stands for itself. */
static size_t decode(const unsigned char *text, size_t left, uint32_t *character)
{
    size_t length = text[0] < 0xc0 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

    if (length > left)
        length = 1;
    *character = length == 1 ? text[0] : text[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++)
        *character = *character << 6 | (text[i] & 0x3fu);
    return length;
}

static void put_escaped(FILE *out, uint32_t character)
{
    static const char shorts[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = character > 0 && character < 0x80 ? strchr(shorts, (int)character) : NULL;

    if (found)
        fprintf(out, "\\%c", letters[found - shorts]);
    else if (character >= ' ' && character <= '~')
        fputc((int)character, out);
    else if (character > 0xffff)
        fprintf(out, "\\u%04x\\u%04x", 0xd800 + ((character - 0x10000) >> 10), 0xdc00 + (character & 0x3ff));
    else
        fprintf(out, "\\u%04x", character);
}

static void put_text(FILE *out, const char *text, size_t length)
{
    uint32_t character;

    fputc('"', out);
    for (size_t at = 0; at < length;) {
        at += decode((const unsigned char *)text + at, length - at, &character);
        put_escaped(out, character);
    }
    fputc('"', out);
}

/* The shortest text that is the same number. */
static void put_double(FILE *out, double value)
{
    char text[40];

    if (value != value || value - value != 0) {
        fputs(value != value ? "NaN" : value > 0 ? "Infinity" : "-Infinity", out);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, out);
    if (!strpbrk(text, ".e"))
        fputs(".0", out);
}

static void put_value(FILE *out, struct json_object *value);

static void put_object(FILE *out, struct json_object *object)
{
    const char *before = "";

    fputc('{', out);
    json_object_object_foreach(object, name, member)
    {
        fputs(before, out);
        put_text(out, name, strlen(name));
        fputs(": ", out);
        put_value(out, member);
        before = ", ";
    }
    fputc('}', out);
}

static void put_array(FILE *out, struct json_object *array)
{
    fputc('[', out);
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        fputs(i > 0 ? ", " : "", out);
        put_value(out, json_object_array_get_idx(array, i));
    }
    fputc(']', out);
}

/* Values have been made by a parser or by the program: their depth has a bound. */
static void put_value(FILE *out, struct json_object *value)
{
    const char *text;

    switch (json_object_get_type(value)) {
    case json_type_object:
        put_object(out, value);
        return;
    case json_type_array:
        put_array(out, value);
        return;
    case json_type_string:
        put_text(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        return;
    case json_type_double:
        put_double(out, json_object_get_double(value));
        return;
    default:
        text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
        fputs(text ? text : "null", out);
    }
}

char *python_json(struct json_object *value)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    put_value(out, value);
    bool whole = !ferror(out);
    if (fclose(out) == 0 && whole)
        return text;
    free(text);
    return NULL;
}
