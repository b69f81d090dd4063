/* SPDX-License-Identifier: Apache-2.0 */
#include "findings.h"

#include <stdio.h>

enum { TEXT_BYTES = 4096 };

static void add(struct findings *findings, bool is_error, const char *where, const char *format, va_list arguments)
{
    char text[TEXT_BYTES];
    int length = where ? snprintf(text, sizeof text, "%s: ", where) : 0;

    if (length >= 0 && (size_t)length < sizeof text)
        vsnprintf(text + length, sizeof text - (size_t)length, format, arguments);
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
