/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { TEXT_BYTES = 4096 };

struct findings_text {
    UT_hash_handle hh;
    char text[];
};

/* Whether it was told before; without memory it may be told twice. */
static bool was_told(struct findings *findings, const char *text)
{
    size_t length = strlen(text);
    struct findings_text *known = NULL;

    HASH_FIND(hh, findings->told, text, length, known);
    if (known)
        return true;
    known = malloc(sizeof *known + length + 1);
    if (known) {
        memcpy(known->text, text, length + 1);
        HASH_ADD_KEYPTR(hh, findings->told, known->text, length, known);
    }
    return false;
}

OSTLER_PRINTF(4, 0)
static void add(struct findings *findings, bool is_error, const char *where, const char *format, va_list arguments)
{
    char text[TEXT_BYTES];
    int length = where ? snprintf(text, sizeof text, "%s: ", where) : 0;

    if (length >= 0 && (size_t)length < sizeof text)
        vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
    if (was_told(findings, text))
        return;
    *(is_error ? &findings->errors : &findings->warnings) += 1;
    findings->tell(is_error, text);
}

void findings_error(struct findings *findings, enum ostler_status status, const char *where, const char *format, ...)
{
    va_list arguments;

    if (findings->status == OSTLER_OK)
        findings->status = status;
    va_start(arguments, format);
    add(findings, true, where, format, arguments);
    va_end(arguments);
}

void findings_warning(struct findings *findings, const char *where, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(findings, false, where, format, arguments);
    va_end(arguments);
}

void findings_take(struct findings *findings, const char *where, struct ostler_error *error)
{
    findings_error(findings, error->status, where, "%s", error->message);
    ostler_error_clear(error);
}

void findings_failure(void *user, enum ostler_status status, const char *text)
{
    findings_error(user, status, NULL, "%s", text);
}

void findings_clear(struct findings *findings)
{
    struct findings_text *each = NULL, *next = NULL;

    HASH_ITER (hh, findings->told, each, next) {
        HASH_DEL(findings->told, each);
        free(each);
    }
}
