/* SPDX-License-Identifier: Apache-2.0 */
/* Config files in oslo.config's dialect: read, declared, asked for everything. */
#include "fuzz.h"

#include <ostler/conf.h>

#include <stdlib.h>

static const struct ostler_option options[] = {
    {.name = "text", .type = OSTLER_OPTION_STRING},
    {.name = "flag", .type = OSTLER_OPTION_BOOL, .default_value = "true"},
    {.name = "number", .type = OSTLER_OPTION_INTEGER, .default_value = "3", .min = -5, .max = 5},
    {.name = "real", .type = OSTLER_OPTION_FLOAT, .default_value = "0.5"},
    {.name = "list", .type = OSTLER_OPTION_LIST},
    {.name = "dict", .type = OSTLER_OPTION_DICT},
    {.name = "multi", .type = OSTLER_OPTION_MULTI},
    {.name = NULL},
};

static void count_failure(void *user, enum ostler_status status, const char *text)
{
    FUZZ_CHECK(status != OSTLER_OK && text && text[0] != '\0');
    ++*(size_t *)user;
}

static void count_unknown(void *user, const char *file, unsigned line, const char *group, const char *name,
                          const char *nearest)
{
    (void)nearest;
    FUZZ_CHECK(file && line > 0 && group && name);
    ++*(size_t *)user;
}

/* What was read fits its type and its bounds, whatever stood in the text. */
static void ask(const ostler_conf *conf)
{
    const int64_t number = ostler_conf_integer(conf, "g", "number", 0);
    size_t items = 0, multi = 0, pairs = 0;
    const char *const *list = ostler_conf_list(conf, "g", "list", &items);
    const char *const *values = ostler_conf_list(conf, "g", "multi", &multi);
    const char *const *dict = ostler_conf_dict_items(conf, "g", "dict", &pairs);

    FUZZ_CHECK(number >= -5 && number <= 5);
    for (size_t i = 0; i < items; i++)
        FUZZ_CHECK(list[i]);
    for (size_t i = 0; i < multi; i++)
        FUZZ_CHECK(values[i]);
    for (size_t i = 0; i < 2 * pairs; i++)
        FUZZ_CHECK(dict[i]);
    FUZZ_CHECK(ostler_conf_origin(conf, "g", "text"));
    (void)ostler_conf_string(conf, "g", "text");
    (void)ostler_conf_bool(conf, "g", "flag");
    (void)ostler_conf_float(conf, "g", "real", 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    char *text = fuzz_text(data, size);
    ostler_conf *conf = NULL;
    const char **names = NULL;
    size_t failures = 0, unknown = 0, count = 0;
    enum ostler_status status;

    FUZZ_CHECK(ostler_conf_new(&conf, NULL) == OSTLER_OK);
    ostler_conf_use_environment(conf, false);
    fuzz_check_error(ostler_conf_add_text(conf, "fuzz", text, &error), &error);
    status = ostler_conf_declare(conf, "g", options, &error);
    fuzz_check_error(status, &error);
    FUZZ_CHECK(ostler_conf_failures(conf, count_failure, &failures, NULL) == OSTLER_OK);
    status = ostler_conf_check(conf, &error);
    FUZZ_CHECK((status == OSTLER_OK) == (failures == 0));
    fuzz_check_error(status, &error);
    ostler_conf_unknown(conf, count_unknown, &unknown);
    FUZZ_CHECK(ostler_conf_sections(conf, "", &names, &count, NULL) == OSTLER_OK);
    if (failures == 0)
        ask(conf);
    free(names);
    ostler_conf_unref(conf);
    free(text);
    return 0;
}
