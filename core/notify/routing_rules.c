/* SPDX-License-Identifier: Apache-2.0 */
#include "routing_rules.h"

#include <ostler/log.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* What is being read. */
struct reader {
    const char *path;
    yaml_document_t document;
    struct ostler_error *error;
};

/* The lists that a rule may have. */
static const struct {
    const char *name;
    size_t offset;
    bool in_lower_case;
} lists[] = {
    {"accepted_events", offsetof(struct routing_rule, accepted_events), false},
    {"rejected_events", offsetof(struct routing_rule, rejected_events), false},
    {"accepted_priorities", offsetof(struct routing_rule, accepted_priorities), true},
    {"rejected_priorities", offsetof(struct routing_rule, rejected_priorities), true},
};
#define LISTS (sizeof lists / sizeof lists[0])

static char ***list_of(const struct routing_rule *rule, size_t index)
{
    return (char ***)(void *)((char *)(uintptr_t)rule + lists[index].offset);
}

static enum ostler_status wrong(const struct reader *reader, const yaml_node_t *node, const char *what)
{
    return ostler_error_set(reader->error, OSTLER_E_CONFIG, "%s:%zu: %s", reader->path, node->start_mark.line + 1,
                            what);
}

static enum ostler_status no_memory(const struct reader *reader)
{
    return ostler_error_set(reader->error, OSTLER_E_NOMEM, "%s: no memory for the routing rules", reader->path);
}

static const char *scalar(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static enum ostler_status read_pattern(struct reader *reader, yaml_node_t *node, bool in_lower_case, char **pattern)
{
    const char *text = scalar(node);

    if (!text)
        return wrong(reader, node, "a pattern must be a text");
    *pattern = strdup(text);
    if (!*pattern)
        return no_memory(reader);
    for (char *at = *pattern; in_lower_case && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return OSTLER_OK;
}

static enum ostler_status read_list(struct reader *reader, yaml_node_t *node, size_t index, struct routing_rule *rule)
{
    char ***list = list_of(rule, index);
    enum ostler_status status = OSTLER_OK;

    if (node->type != YAML_SEQUENCE_NODE)
        return wrong(reader, node, "a list of patterns is expected: [\"compute.*\", ...]");
    if (*list)
        return wrong(reader, node, "this list is given twice");
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    *list = calloc(count + 1, sizeof(char *));
    if (!*list)
        return no_memory(reader);
    for (size_t i = 0; i < count && status == OSTLER_OK; i++)
        status = read_pattern(reader, yaml_document_get_node(&reader->document, node->data.sequence.items.start[i]),
                              lists[index].in_lower_case, &(*list)[i]);
    return status;
}

static enum ostler_status read_lists(struct reader *reader, yaml_node_t *node, struct routing_rule *rule)
{
    enum ostler_status status = OSTLER_OK;

    if (node->type != YAML_MAPPING_NODE)
        return wrong(reader, node, "the rules of a driver must be a map: {} selects it for every notification");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top && status == OSTLER_OK; pair++) {
        yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
        const char *name = scalar(key);
        size_t index = 0;
        while (index < LISTS && (!name || strcmp(name, lists[index].name) != 0))
            index++;
        if (index < LISTS)
            status = read_list(reader, yaml_document_get_node(&reader->document, pair->value), index, rule);
        else
            ostler_log(OSTLER_LOG_WARNING, "notifier", "%s:%zu: there is no rule \"%.64s\"; it has no effect",
                       reader->path, key->start_mark.line + 1, name ? name : "");
    }
    return status;
}

static enum ostler_status read_driver(struct reader *reader, const yaml_node_pair_t *pair, struct routing_rules *rules)
{
    yaml_node_t *key = yaml_document_get_node(&reader->document, pair->key);
    const char *name = scalar(key);

    if (!name || !name[0])
        return wrong(reader, key, "the name of a driver is expected");
    if (strcmp(name, "routing") == 0)
        return wrong(reader, key, "the driver routing cannot route to itself");
    struct routing_rule *each = realloc(rules->each, (rules->count + 1) * sizeof *each);
    if (!each)
        return no_memory(reader);
    rules->each = each;
    struct routing_rule *rule = &rules->each[rules->count++];
    *rule = (struct routing_rule){.driver = strdup(name)};
    if (!rule->driver)
        return no_memory(reader);
    return read_lists(reader, yaml_document_get_node(&reader->document, pair->value), rule);
}

static enum ostler_status read_group(struct reader *reader, yaml_node_t *node, struct routing_rules *rules)
{
    enum ostler_status status = OSTLER_OK;

    if (node->type != YAML_MAPPING_NODE)
        return wrong(reader, node, "a group must be a map of drivers");
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top && status == OSTLER_OK; pair++)
        status = read_driver(reader, pair, rules);
    return status;
}

static enum ostler_status read_document(struct reader *reader, struct routing_rules *rules)
{
    yaml_node_t *root = yaml_document_get_root_node(&reader->document);
    enum ostler_status status = OSTLER_OK;

    if (!root)
        return ostler_error_set(reader->error, OSTLER_E_CONFIG, "%s:1: the file is empty", reader->path);
    if (root->type != YAML_MAPPING_NODE)
        return wrong(reader, root, "a map of groups is expected");
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top && status == OSTLER_OK; pair++)
        status = read_group(reader, yaml_document_get_node(&reader->document, pair->value), rules);
    return status;
}

static enum ostler_status parse(FILE *file, struct reader *reader, struct routing_rules *rules)
{
    enum ostler_status status;
    yaml_parser_t parser;

    if (!yaml_parser_initialize(&parser))
        return no_memory(reader);
    yaml_parser_set_input_file(&parser, file);
    if (yaml_parser_load(&parser, &reader->document)) {
        status = read_document(reader, rules);
        yaml_document_delete(&reader->document);
    } else if (parser.error == YAML_MEMORY_ERROR) {
        status = no_memory(reader);
    } else {
        status = ostler_error_set(reader->error, OSTLER_E_CONFIG, "%s:%zu: %s", reader->path,
                                  parser.problem_mark.line + 1, parser.problem ? parser.problem : "is no YAML");
    }
    yaml_parser_delete(&parser);
    return status;
}

enum ostler_status routing_rules_read(const char *path, struct routing_rules *rules, struct ostler_error *error)
{
    struct reader reader = {.path = path, .error = error};
    struct routing_rules made = {0};
    FILE *file = fopen(path, "re");

    if (!file)
        return ostler_error_set(error, OSTLER_E_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    enum ostler_status status = parse(file, &reader, &made);
    fclose(file);
    if (status == OSTLER_OK)
        *rules = made;
    else
        routing_rules_clear(&made);
    return status;
}

void routing_rules_clear(struct routing_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct routing_rule *rule = &rules->each[i];
        free(rule->driver);
        for (size_t j = 0; j < LISTS; j++) {
            char **list = *list_of(rule, j);
            for (size_t k = 0; list && list[k]; k++)
                free(list[k]);
            free(list);
        }
    }
    free(rules->each);
    *rules = (struct routing_rules){0};
}

/* Globs as Python's fnmatch has them: "*" crosses everything, a backslash is one. */
static bool any_matches(char *const *patterns, const char *text)
{
    for (; patterns && *patterns; patterns++)
        if (fnmatch(*patterns, text, FNM_NOESCAPE) == 0)
            return true;
    return false;
}

bool routing_rule_selects(const struct routing_rule *rule, const char *event_type, const char *priority)
{
    if (rule->accepted_events && !any_matches(rule->accepted_events, event_type))
        return false;
    if (rule->accepted_priorities && !any_matches(rule->accepted_priorities, priority))
        return false;
    return !any_matches(rule->rejected_events, event_type) && !any_matches(rule->rejected_priorities, priority);
}
