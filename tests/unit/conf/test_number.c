/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static void expect_integer(const char *text, int64_t expected)
{
    int64_t value = 0;

    cr_expect_eq(number_parse_integer(text, &value), NUMBER_OK, "%s", text);
    cr_expect_eq(value, expected, "%s", text);
}

Test(number, integers_as_python_reads_them)
{
    expect_integer("0", 0);
    expect_integer("+7", 7);
    expect_integer("-12", -12);
    expect_integer("010", 10);
    expect_integer("1_000_000", 1000000);
    expect_integer("9223372036854775807", INT64_MAX);
    expect_integer("-9223372036854775808", INT64_MIN);
}

Test(number, what_is_no_integer)
{
    static const char *const bad[] = {"",    "+",   "-",   "_1",  "1_",  "1__0", "0x10",
                                      "1.0", "1e3", "abc", "- 1", "+-1", " 1"};
    int64_t value = 42;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(number_parse_integer(bad[i], &value), NUMBER_BAD, "%s", bad[i]);
    cr_expect_eq(number_parse_integer("9223372036854775808", &value), NUMBER_RANGE);
    cr_expect_eq(number_parse_integer("-9223372036854775809", &value), NUMBER_RANGE);
    cr_expect_eq(number_parse_integer("99999999999999999999x", &value), NUMBER_BAD);
    cr_expect_eq(value, 42);
}

static void expect_float(const char *text, const char *expected)
{
    char printed[NUMBER_TEXT_BYTES];
    double value = 0;

    cr_expect_eq(number_parse_float(text, &value), NUMBER_OK, "%s", text);
    number_print(value, printed);
    cr_expect_str_eq(printed, expected, "%s", text);
}

Test(number, floats_as_python_reads_and_prints_them)
{
    expect_float("1", "1.0");
    expect_float("1.5", "1.5");
    expect_float(".5", "0.5");
    expect_float("5.", "5.0");
    expect_float("1_0.5_0e1_0", "105000000000.0");
    expect_float("1e16", "1e+16");
    expect_float("1e15", "1000000000000000.0");
    expect_float("123456789012345680", "1.2345678901234568e+17");
    expect_float("0.0001", "0.0001");
    expect_float("0.000012", "1.2e-05");
    expect_float("0.1", "0.1");
    expect_float("-0", "-0.0");
    expect_float("1.7976931348623157e308", "1.7976931348623157e+308");
    expect_float("5e-324", "5e-324");
    expect_float("1e400", "inf");
    expect_float("-Infinity", "-inf");
    expect_float("NaN", "nan");
}

Test(number, what_is_no_float)
{
    static const char *const bad[] = {"", ".", "1e", "1e+", "0x1p3", "1__0", "1_.5", "_1", "1d", "in", "infin", "1,5"};
    char long_number[1100];
    double value = 42;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(number_parse_float(bad[i], &value), NUMBER_BAD, "%s", bad[i]);
    memset(long_number, '1', sizeof long_number);
    long_number[sizeof long_number - 1] = '\0';
    cr_expect_eq(number_parse_float(long_number, &value), NUMBER_BAD);
    cr_expect_float_eq(value, 42, 0);
}

Test(number, the_locale_makes_no_difference)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        cr_skip_test("the locale de_DE.UTF-8 is not installed");
    expect_float("1.5", "1.5");
    setlocale(LC_NUMERIC, "C");
}
