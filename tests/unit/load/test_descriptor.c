/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptor.h"

#include <ostler/driver.h>
#include <ostler/matchmaker.h>
#include <ostler/policy.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static bool allow(const struct ostler_endpoint *endpoint, const struct ostler_method *method)
{
    (void)endpoint;
    (void)method;
    return true;
}

static const struct ostler_policy_ops policy = {.is_allowed = allow};

static struct ostler_module good_policy(void)
{
    return (struct ostler_module){
        .abi = OSTLER_MODULE_ABI,
        .size = sizeof(struct ostler_module),
        .kind = OSTLER_KIND_POLICY,
        .name = "name",
        .version = "1.0",
        .ops = &policy,
        .ops_size = sizeof policy,
    };
}

/* The descriptor must be refused with a message that is "file: " and then begins with @cause. */
static void refused(const struct ostler_module *descriptor, const char *cause)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    bool other_kind = true;
    char text[256];

    snprintf(text, sizeof text, "file: %s", cause);
    cr_assert_eq(descriptor_check(descriptor, "file", NULL, &other_kind, &error), OSTLER_E_MODULE, "%s", cause);
    cr_assert_eq(strncmp(error.message, text, strlen(text)), 0, "%s, not %s", error.message, text);
    cr_assert_not(other_kind);
    ostler_error_clear(&error);
}

Test(descriptor, good_one_passes)
{
    struct ostler_module module = good_policy();
    bool other_kind = true;

    cr_assert_eq(descriptor_check(&module, "file", NULL, &other_kind, NULL), OSTLER_OK);
    cr_assert_not(other_kind);
    cr_assert_eq(descriptor_check(&module, "file", kind_find("policy"), &other_kind, NULL), OSTLER_OK);
}

Test(descriptor, a_newer_one_may_be_longer)
{
    static const struct {
        struct ostler_policy_ops ops;
        void (*added)(void);
    } longer = {.ops = {.is_allowed = allow}};
    struct ostler_module module = good_policy();
    bool other_kind;

    module.size += 64;
    module.ops = &longer;
    module.ops_size = sizeof longer;
    cr_assert_eq(descriptor_check(&module, "file", NULL, &other_kind, NULL), OSTLER_OK);
}

Test(descriptor, only_the_kind_is_wrong)
{
    struct ostler_module module = good_policy();
    struct ostler_error error = OSTLER_ERROR_INIT;
    bool other_kind = false;

    cr_assert_eq(descriptor_check(&module, "file", kind_find("transport"), &other_kind, &error), OSTLER_E_MODULE);
    cr_assert(other_kind);
    cr_assert_str_eq(error.message, "file: of kind \"policy\", wanted was a module of kind \"transport\"");
    ostler_error_clear(&error);
}

Test(descriptor, every_member_is_checked_in_order)
{
    struct ostler_module module = {.abi = 7};

    refused(&module, "built for module ABI 0x00000007, this is");
    module.abi = OSTLER_MODULE_ABI;
    refused(&module, "the descriptor says that it has 0 bytes");
    module.size = 1 << 20;
    refused(&module, "the descriptor says that it has 1048576 bytes");
    module.size = sizeof module;
    refused(&module, "empty slot: struct ostler_module.kind");
    module.kind = "gizmo";
    refused(&module, "of kind \"gizmo\", which this release does not know");
    module.kind = OSTLER_KIND_POLICY;
    refused(&module, "empty slot: struct ostler_module.name");
    module.name = "";
    refused(&module, "empty slot: struct ostler_module.version");
    module.version = "1.0";
    refused(&module, "empty slot: struct ostler_module.ops");
    module.ops = &policy;
    refused(&module, "its name is empty");
    module.name = "a,b";
    refused(&module, "its name \"a,b\" holds");
    module.name = "123456789012345678901234567890123456789012345678901234567890-12345";
    refused(&module, "its name is longer than 64 bytes");
    module.name = "name";
    refused(&module, "the operations table has 0 bytes");
}

Test(descriptor, aliases_are_bounded_and_different)
{
    const char *aliases[DESCRIPTOR_ALIASES_MAX + 2] = {"name", NULL};
    char names[DESCRIPTOR_ALIASES_MAX + 1][32];
    struct ostler_module module = good_policy();

    module.aliases = aliases;
    refused(&module, "alias \"name\" is its own name");
    aliases[0] = "";
    refused(&module, "an alias is empty");
    for (int i = 0; i <= DESCRIPTOR_ALIASES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "alias-%d", i);
        aliases[i] = names[i];
    }
    aliases[DESCRIPTOR_ALIASES_MAX + 1] = NULL;
    refused(&module, "has more than 16 aliases");
}

/* Each kind's required slots, one by one: a table in which only this one is empty. */
Test(descriptor, each_required_slot_is_missed_by_name)
{
    static const char *const kinds[] = {OSTLER_KIND_TRANSPORT, OSTLER_KIND_EXECUTOR, OSTLER_KIND_POLICY,
                                        OSTLER_KIND_MATCHMAKER};
    void (*full[32])(void);
    struct ostler_module module = good_policy();

    for (size_t i = 0; i < sizeof full / sizeof full[0]; i++)
        full[i] = (void (*)(void))allow;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *kind = kind_find(kinds[i]);
        cr_assert_leq(kind->ops_size, sizeof full);
        module.kind = kinds[i];
        module.ops_size = kind->ops_size;
        for (const struct kind_slot *slot = kind->required; slot->name; slot++) {
            void (*table[32])(void);
            char cause[128];
            memcpy(table, full, sizeof table);
            memset((char *)table + slot->offset, 0, sizeof table[0]);
            snprintf(cause, sizeof cause, "empty slot: struct %s.%s", kind->table, slot->name);
            module.ops = table;
            refused(&module, cause);
        }
    }
}

/* An optional slot may be empty, and may lie beyond the end of an older table. */
Test(descriptor, optional_slots_may_be_empty)
{
    void (*table[32])(void);
    struct ostler_module module = good_policy();
    const struct kind *kind = kind_find(OSTLER_KIND_TRANSPORT);
    struct ostler_driver_ops *ops = (struct ostler_driver_ops *)table;
    bool other_kind;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        table[i] = (void (*)(void))allow;
    ops->incoming_open = NULL;
    ops->report = NULL;
    module.kind = OSTLER_KIND_TRANSPORT;
    module.ops = table;
    module.ops_size = kind->ops_size;
    cr_assert_eq(descriptor_check(&module, "file", kind, &other_kind, NULL), OSTLER_OK);
    module.ops_size = offsetof(struct ostler_driver_ops, report);
    cr_assert_eq(descriptor_check(&module, "file", kind, &other_kind, NULL), OSTLER_OK);
    module.ops_size--;
    refused(&module, "the operations table has");
}

Test(descriptor, names_and_aliases)
{
    static const char *const aliases[] = {"other", "third", NULL};
    static const char *const more[] = {"fourth", "third", NULL};
    struct ostler_module a = good_policy(), b = good_policy();

    a.aliases = aliases;
    cr_assert(descriptor_is_called(&a, "name"));
    cr_assert(descriptor_is_called(&a, "third"));
    cr_assert_not(descriptor_is_called(&a, "Name"));
    b.name = "second";
    cr_assert_null(descriptor_shared_name(&a, &b));
    b.aliases = more;
    cr_assert_str_eq(descriptor_shared_name(&a, &b), "third");
    b.name = "other";
    cr_assert_str_eq(descriptor_shared_name(&a, &b), "other");
    b.aliases = NULL;
    cr_assert_str_eq(descriptor_shared_name(&b, &a), "other");
}
