/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <criterion/criterion.h>
#include <string.h>

static bool good(const char *text, size_t length)
{
    size_t bad = 0;

    return text_is_utf8(text, length, &bad);
}

static size_t bad_at(const char *text)
{
    size_t bad = 999;

    cr_assert_not(text_is_utf8(text, strlen(text), &bad));
    return bad;
}

Test(text, utf8_of_every_length_is_taken)
{
    cr_expect(good("", 0));
    cr_expect(good("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
    cr_expect(good("\xf4\x8f\xbf\xbf", 4));
    cr_expect(good("\xed\x9f\xbf\xee\x80\x80", 6));
}

Test(text, what_is_not_utf8_is_found)
{
    cr_expect_eq(bad_at("ab\xff"), 2);
    cr_expect_eq(bad_at("a\xc3"), 1, "cut short");
    cr_expect_eq(bad_at("\xc3("), 0, "no continuation");
    cr_expect_eq(bad_at("\x80"), 0, "continuation alone");
    cr_expect_eq(bad_at("\xc0\x80"), 0, "overlong, two bytes");
    cr_expect_eq(bad_at("\xe0\x9f\xbf"), 0, "overlong, three bytes");
    cr_expect_eq(bad_at("\xf0\x8f\xbf\xbf"), 0, "overlong, four bytes");
    cr_expect_eq(bad_at("\xed\xa0\x80"), 0, "surrogate");
    cr_expect_eq(bad_at("\xf4\x90\x80\x80"), 0, "beyond the last character");
    cr_expect_not(good("a\0b", 3), "NUL");
}

static void expect_stripped(const char *text, const char *left, const char *right)
{
    struct span whole = {text, strlen(text)};
    struct span from_left = text_strip_left(whole), from_right = text_strip_right(whole);

    cr_expect_eq(from_left.length, strlen(left));
    cr_expect(strncmp(from_left.at, left, from_left.length) == 0);
    cr_expect_eq(from_right.length, strlen(right));
    cr_expect(strncmp(from_right.at, right, from_right.length) == 0);
}

Test(text, strips_what_python_strips)
{
    expect_stripped(" \t\v\f\x1c a b \x1f\r\n", "a b \x1f\r\n", " \t\v\f\x1c a b");
    expect_stripped("\xc2\xa0x\xe2\x80\x83", "x\xe2\x80\x83", "\xc2\xa0x");
    expect_stripped("\xe2\x80\x8bx", "\xe2\x80\x8bx", "\xe2\x80\x8bx");
    expect_stripped("\xe3\x80\x80", "", "");
    expect_stripped("", "", "");
}

Test(text, sections_compare_in_lower_case_but_default_does_not)
{
    char key[16];

    cr_assert(text_section_key("MixGrp:A", key, sizeof key));
    cr_expect_str_eq(key, "mixgrp:a");
    cr_assert(text_section_key("DEFAULT", key, sizeof key));
    cr_expect_str_eq(key, "DEFAULT");
    cr_assert(text_section_key("Default", key, sizeof key));
    cr_expect_str_eq(key, "default");
    cr_expect_not(text_section_key("sixteen bytes, 16", key, sizeof key));
}

Test(text, messages_show_a_bounded_printable_piece)
{
    char shown[TEXT_SHOWN_BYTES], long_text[200];

    cr_expect_str_eq(text_shown("a\nb\x7f", shown), "a?b?");
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    cr_expect_eq(strlen(text_shown(long_text, shown)), 63);
    /* Cut between characters, not inside one. */
    memcpy(long_text + 59, "\xc3\xa9", 2);
    cr_expect_eq(strlen(text_shown(long_text, shown)), 62);
}
