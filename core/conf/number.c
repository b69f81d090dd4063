/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Longer numbers than any that means something are refused, which bounds the buffer. */
enum { FLOAT_BYTES = 1024 };

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

enum number_result number_parse_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-', overflow = false;
    int64_t number = 0;

    if (*text == '-' || *text == '+')
        text++;
    if (!digit(*text))
        return NUMBER_BAD;
    for (; *text; text++) {
        if (*text == '_' && digit(text[1]))
            continue;
        if (!digit(*text))
            return NUMBER_BAD;
        int64_t next = negative ? '0' - *text : *text - '0';
        overflow = overflow || __builtin_mul_overflow(number, INT64_C(10), &number) ||
                   __builtin_add_overflow(number, next, &number);
    }
    if (overflow)
        return NUMBER_RANGE;
    *value = number;
    return NUMBER_OK;
}

/* One or more digits with single underscores between them, copied without these; false if there is none. */
static bool copy_digits(const char **from, char **to)
{
    const char *at = *from;

    if (!digit(*at))
        return false;
    for (; digit(*at) || (*at == '_' && digit(at[1])); at++)
        if (*at != '_')
            *(*to)++ = *at;
    *from = at;
    return true;
}

/* Copies what is a decimal number in Python's eyes to @plain, for strtod(), which would take more. */
static bool copy_float(const char *at, char *plain)
{
    bool whole, fraction = false;

    if (*at == '-' || *at == '+')
        *plain++ = *at++;
    if (strcasecmp(at, "inf") == 0 || strcasecmp(at, "infinity") == 0 || strcasecmp(at, "nan") == 0) {
        memcpy(plain, at, 4);
        plain[3] = '\0';
        return true;
    }
    whole = copy_digits(&at, &plain);
    if (*at == '.') {
        *plain++ = *at++;
        fraction = copy_digits(&at, &plain);
    }
    if (!whole && !fraction)
        return false;
    if (*at == 'e' || *at == 'E') {
        *plain++ = *at++;
        if (*at == '-' || *at == '+')
            *plain++ = *at++;
        if (!copy_digits(&at, &plain))
            return false;
    }
    *plain = '\0';
    return *at == '\0';
}

/* strtod() with a decimal point whatever the locale says. */
static double to_double(const char *text)
{
    locale_t posix = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    double value = posix ? strtod_l(text, NULL, posix) : strtod(text, NULL);

    if (posix)
        freelocale(posix);
    return value;
}

enum number_result number_parse_float(const char *text, double *value)
{
    char plain[FLOAT_BYTES];

    if (strlen(text) >= sizeof plain || !copy_float(text, plain))
        return NUMBER_BAD;
    *value = to_double(plain);
    return NUMBER_OK;
}

/* The fewest significant digits that read back as @value, and its decimal exponent. */
static int shortest_digits(double value, char digits[NUMBER_TEXT_BYTES])
{
    char text[NUMBER_TEXT_BYTES];
    int exponent = 0;

    for (int precision = 0; precision <= 16; precision++) {
        snprintf(text, sizeof text, "%.*e", precision, value);
        size_t count = 0;
        const char *at = text;
        for (; *at && *at != 'e'; at++)
            if (isdigit((unsigned char)*at))
                digits[count++] = *at;
        digits[count] = '\0';
        exponent = (int)strtol(at + 1, NULL, 10);
        if (strtod(text, NULL) == value)
            break;
    }
    return exponent;
}

void number_print(double value, char text[NUMBER_TEXT_BYTES])
{
    char digits[NUMBER_TEXT_BYTES];
    const char *sign = signbit(value) && !isnan(value) ? "-" : "";

    if (!isfinite(value)) {
        snprintf(text, NUMBER_TEXT_BYTES, "%s%s", sign, isnan(value) ? "nan" : "inf");
        return;
    }
    int exponent = shortest_digits(fabs(value), digits);
    int count = (int)strlen(digits);
    if (exponent < -4 || exponent >= 16)
        snprintf(text, NUMBER_TEXT_BYTES, "%s%c%s%.17se%c%02d", sign, digits[0], count > 1 ? "." : "", digits + 1,
                 exponent < 0 ? '-' : '+', abs(exponent));
    else if (exponent < 0)
        snprintf(text, NUMBER_TEXT_BYTES, "%s0.%.*s%.17s", sign, -exponent - 1, "000", digits);
    else if (count <= exponent + 1)
        snprintf(text, NUMBER_TEXT_BYTES, "%s%.17s%.*s.0", sign, digits, exponent + 1 - count, "0000000000000000");
    else
        snprintf(text, NUMBER_TEXT_BYTES, "%s%.*s.%.17s", sign, exponent + 1, digits, digits + exponent + 1);
}
