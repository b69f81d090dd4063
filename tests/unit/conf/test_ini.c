/* SPDX-License-Identifier: Apache-2.0 */
#include "readers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static struct source *read_bytes(const char *bytes, size_t length, struct ostler_error *error)
{
    struct source *source = source_new("a.conf");

    cr_assert_not_null(source);
    if (ini_read(source, bytes, length, error) == OSTLER_OK)
        return source;
    source_unref(source);
    return NULL;
}

/* The last text of a name, which must be there. */
static void expect_value(const char *text, const char *section, const char *name, const char *expected)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct source *source = read_bytes(text, strlen(text), &error);

    cr_assert_not_null(source, "%s", error.message);
    const struct setting *setting = source_find(source, section, name);
    cr_assert_not_null(setting, "[%s] %s in %s", section, name, text);
    cr_expect_str_eq(setting->last->texts[0], expected);
    source_unref(source);
}

static void expect_failure_of(const char *bytes, size_t length, const char *expected)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct source *source = read_bytes(bytes, length, &error);

    cr_assert_null(source, "no failure: %s", expected);
    cr_expect_eq(error.status, OSTLER_E_CONFIG);
    cr_expect(strncmp(error.message, expected, strlen(expected)) == 0, "%s", error.message);
    ostler_error_clear(&error);
}

static void expect_failure(const char *text, const char *expected)
{
    expect_failure_of(text, strlen(text), expected);
}

Test(ini, names_and_values)
{
    expect_value("[a]\nx = 1\n", "a", "x", "1");
    expect_value("[a]\nx: 1", "a", "x", "1");
    expect_value("[a]\nx=1=2:3", "a", "x", "1=2:3");
    expect_value("[a]\nx:1=2", "a", "x", "1=2");
    expect_value("[a]\nan inner space = 1", "a", "an inner space", "1");
    expect_value("[a]\nx =", "a", "x", "");
    expect_value("[a]\r\nx = 1\r\n", "a", "x", "1");
    expect_value("[a]\rx = 1\r", "a", "x", "1");
    expect_value("[a]\nx = 1 # no comment", "a", "x", "1 # no comment");
    expect_value("[a]\nx = 1\nx = 2", "a", "x", "2");
}

Test(ini, quotes_around_a_whole_line)
{
    expect_value("[a]\nx = \" 1 \"", "a", "x", " 1 ");
    expect_value("[a]\nx = '1'", "a", "x", "1");
    expect_value("[a]\nx = \"", "a", "x", "");
    expect_value("[a]\nx = \"1'", "a", "x", "\"1'");
    expect_value("[a]\nx = \"1\" \"2\"", "a", "x", "1\" \"2");
    expect_value("[a]\nx = \"1\n  2\"", "a", "x", "\"1\n2\"");
}

Test(ini, values_of_several_lines)
{
    expect_value("[a]\nx = 1\n  2\n\t3  \n", "a", "x", "1\n2\n3");
    expect_value("[a]\nx =\n  1\n", "a", "x", "\n1");
    expect_value("[a]\nx = 1\n  # text\ny = 2", "a", "x", "1\n# text");
    expect_value("[a]\nx = 1\n# comment\ny = 2", "a", "x", "1");
}

Test(ini, sections)
{
    expect_value("[a]\n[B c]\nx = 1", "b c", "x", "1");
    expect_value("[DEFAULT]\nx = 1", "DEFAULT", "x", "1");
    expect_value("[Default]\nx = 1", "default", "x", "1");
    expect_value("[ DEFAULT ]\nx = 1", " default ", "x", "1");
    expect_value("[a]\nx = 1\n[b]\n[a]\nx = 2", "a", "x", "2");
    expect_value("[a]]\nx = 1", "a]", "x", "1");
}

Test(ini, every_occurrence_is_kept_with_its_line)
{
    const char *text = "[a]\nx = 1\n\ny = 2\n[A]\nx = 3\n  4\n";
    struct source *source = read_bytes(text, strlen(text), NULL);

    cr_assert_not_null(source);
    const struct setting *setting = source_find(source, "a", "x");
    cr_assert_not_null(setting);
    cr_expect_eq(setting->first->line, 2);
    cr_expect_eq(setting->first->next->line, 6);
    cr_expect_str_eq(setting->last->file, "a.conf");
    cr_expect_null(setting->last->next);
    source_unref(source);
}

Test(ini, bad_lines_are_named)
{
    expect_failure("[a]\nnothing\n", "a.conf:2: expected name = value");
    expect_failure("[a]\n= 1\n", "a.conf:2: expected a name before the =");
    expect_failure("[a]\n\n : 1\n", "a.conf:3: this indented line continues nothing");
    expect_failure("[a]\nx = 1\n# c\n  2\n", "a.conf:4: this indented line");
    expect_failure("[a] # c\n", "a.conf:1: a section must end with ]");
    expect_failure("[a", "a.conf:1: a section must end with ]");
    expect_failure("[]\n", "a.conf:1: a section needs a name");
    expect_failure("# c\nx = 1\n\n\n", "a.conf:2: a [section] must come before");
    expect_failure("\xef\xbb\xbf[a]\n", "a.conf:1: the file begins with a byte order mark");
}

Test(ini, bytes_that_are_no_text_are_named)
{
    expect_failure("[a]\r\nx = 1\r\ny = \xff\r\n", "a.conf:3: byte 0xff is not valid UTF-8");
    expect_failure("[a]\n\xc3", "a.conf:2: byte 0xc3 is not valid UTF-8");
    expect_failure_of("[a]\nx = \0\n", 10, "a.conf:2: a NUL byte");
}

Test(ini, lines_and_names_are_bounded)
{
    size_t length = SOURCE_LINE_BYTES + 100;
    char *text = malloc(length);

    cr_assert_not_null(text);
    memset(text, 'x', length);
    memcpy(text, "[a]\nx = ", 8);
    expect_failure_of(text, length, "a.conf:2: a line may have 1048576 bytes at most");
    text[0] = '[';
    text[299] = ']';
    memset(text + 1, 'x', 298);
    expect_failure_of(text, 300, "a.conf:1: a section's name may have 255 bytes at most");
    free(text);
}
