/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation fails in its turn: a function then says so or does without, and nothing leaks or breaks. The linker
 * puts the functions below in place of malloc(), calloc() and realloc(). */
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

/* How many allocations still succeed; below zero: all. */
static long left = -1;
static bool refused;

static bool allowed(void)
{
    if (left < 0)
        return true;
    if (left == 0) {
        refused = true;
        return false;
    }
    left--;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return allowed() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return allowed() ? __real_calloc(count, size) : NULL;
}

void *__wrap_realloc(void *memory, size_t size)
{
    return allowed() ? __real_realloc(memory, size) : NULL;
}

static const struct ostler_option_alias former[] = {{NULL, "older"}, {0}};

static const struct ostler_option options[] = {
    {.name = "text", .type = OSTLER_OPTION_STRING, .default_value = "$number"},
    {.name = "number", .type = OSTLER_OPTION_INTEGER, .default_value = "1"},
    {.name = "list", .type = OSTLER_OPTION_LIST, .deprecated = former},
    {.name = "dict", .type = OSTLER_OPTION_DICT},
    {.name = "multi", .type = OSTLER_OPTION_MULTI},
    {.name = NULL},
};

static const char text[] =
    "[x]\nnumber = 7\nolder = a, b\ndict = a:1,b:2\nmulti = 1\nmulti = 2\n[server:a]\ntopic = t\n"
    "[server:b]\ntopic = ${control_exchange}\nunknown = 1\n";

static enum ostler_status add_many_sections(ostler_conf *conf)
{
    char many[20000] = "";

    for (int i = 0; i < 700; i++)
        sprintf(many + strlen(many), "[section %d]\n", i);
    return ostler_conf_add_text(conf, "many", many, NULL);
}

static void count_finding(void *user, const char *file, unsigned line, const char *group, const char *name,
                          const char *nearest)
{
    cr_assert(file && line && group && name);
    (void)nearest;
    ++*(int *)user;
}

static enum ostler_status use(ostler_conf *conf)
{
    const char **names = NULL;
    ostler_conf *copy = NULL;
    size_t count = 0;
    int findings = 0;
    enum ostler_status status = ostler_conf_add_text(conf, "test.conf", text, NULL);

    if (status == OSTLER_OK)
        status = add_many_sections(conf);
    if (status == OSTLER_OK)
        status = ostler_conf_declare(conf, "x", options, NULL);
    if (status == OSTLER_OK)
        status = ostler_conf_set(conf, "x", "text", "($number)", NULL);
    if (status == OSTLER_OK)
        status = ostler_conf_set_default(conf, "endpoint:e", "y", "2", NULL);
    if (status == OSTLER_OK)
        status = ostler_conf_sections(conf, "server:", &names, &count, NULL);
    free(names);
    if (status == OSTLER_OK)
        status = ostler_conf_copy(conf, &copy, NULL);
    if (status == OSTLER_OK)
        status = ostler_conf_check(copy, NULL);
    if (status == OSTLER_OK) {
        (void)ostler_conf_same(conf, copy, "x");
        ostler_conf_unknown(conf, count_finding, &findings);
    }
    ostler_conf_unref(copy);
    return status;
}

/* All that works without memory trouble; @limit allocations succeed. Returns whether all were needed. */
static bool run_with(long limit)
{
    ostler_conf *conf = NULL;

    left = limit;
    refused = false;
    enum ostler_status status = ostler_conf_new(&conf, NULL);
    if (status == OSTLER_OK) {
        ostler_conf_use_environment(conf, false);
        status = use(conf);
    }
    left = -1;
    cr_assert(status == OSTLER_OK || (refused && status == OSTLER_E_NOMEM), "allocation %ld: %s", limit,
              ostler_status_name(status));
    if (conf) {
        /* With memory again, it goes on as if nothing had been. */
        cr_assert_eq(use(conf), OSTLER_OK, "after allocation %ld", limit);
        cr_expect_str_eq(ostler_conf_string(conf, "x", "text"), "(7)");
        cr_expect_str_eq(ostler_conf_string(conf, "server:b", "topic"), "openstack");
    }
    ostler_conf_unref(conf);
    return refused;
}

Test(nomem, every_allocation_may_fail, .timeout = 300)
{
    long limit = 0;

    while (run_with(limit))
        limit++;
    cr_assert_gt(limit, 20);
}
