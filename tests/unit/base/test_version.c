/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/version.h>

#include <criterion/criterion.h>

Test(version, compatibility_is_oslo_messagings)
{
    static const struct {
        const char *implemented;
        const char *requested;
        bool compatible;
    } cases[] = {
        {NULL, NULL, true},        {NULL, "1.0", true},    {"1.0", NULL, false},     {"1.0", "1.0", true},
        {"1.5", "1.5.0.9", true},  {"2.0", "1.0", false},  {"1.5", "1.6", false},    {"1.10", "1.9", true},
        {"1.5", "1.5.1", false},   {"1.6", "1.5.9", true}, {"1", "1.0", false},      {"1.0", "1", false},
        {"1.x", "1.0", false},     {"1.0", "", false},     {"01.05", " 1. 5", true}, {"1.5.2", "1.5.1", true},
        {"1.5.1", "1.5.2", false}, {"1.0", "-1.0", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(ostler_version_compatible(cases[i].implemented, cases[i].requested), cases[i].compatible,
                     "case %zu", i);
}

Test(version, check_speaks_as_oslo_messaging)
{
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(ostler_version_check("1.0", &error), OSTLER_OK);
    cr_assert_eq(ostler_version_check("5", &error), OSTLER_E_INVALID);
    cr_assert_str_eq(error.message, "Version must contain a major and minor integer. Got 5");
    ostler_error_clear(&error);
}
