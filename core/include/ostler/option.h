/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/option.h
 * How a config option is declared: by the core, by a driver, by an endpoint. The sample config, `ostlerd --check`, the
 * manual page and the reader itself all work from these tables.
 */
#ifndef OSTLER_OPTION_H
#define OSTLER_OPTION_H

#include <ostler/api.h>

OSTLER_BEGIN_DECLS

/** oslo.config's types, by its rules for reading them (oslo_config/types.py). */
enum ostler_option_type {
    OSTLER_OPTION_STRING,  /**< the text as it is */
    OSTLER_OPTION_BOOL,    /**< true 1 on yes / false 0 off no, in any case */
    OSTLER_OPTION_INTEGER, /**< decimal; an empty value is none */
    OSTLER_OPTION_FLOAT,
    OSTLER_OPTION_LIST, /**< items at commas */
    OSTLER_OPTION_DICT, /**< KEY:VALUE pairs at commas */
    OSTLER_OPTION_MULTI /**< the line may be repeated; every occurrence counts */
};

/** A former name of an option that is still read, with a warning. NULL members mean: as the option itself. */
struct ostler_option_alias {
    const char *group;
    const char *name;
};

/** One option. Tables of them end with an entry whose name is NULL. A configuration copies what it is told. */
struct ostler_option {
    const char *name;
    enum ostler_option_type type;
    /** As it would stand in a file (MULTI: one value); NULL: none. */
    const char *default_value;
    /** One or two sentences, units included. */
    const char *help;
    /** Optional: the only values allowed, ended by NULL (STRING only). */
    const char *const *choices;
    /** INTEGER and FLOAT: the bounds, enforced if min < max. */
    double min;
    double max;
    /** Optional: former names, ended by an entry with both members NULL. */
    const struct ostler_option_alias *deprecated;
    /** Never printed; masked in reports. */
    bool secret;
    /** oslo's option without a meaning here: accepted, and one log line says so when it is set. */
    bool no_effect;
    void *reserved_[2];
};

/** Options of one section. */
struct ostler_option_group {
    /** The section: "DEFAULT", "oslo_messaging_rabbit"; ending in ":*" a pattern ("server:*"), each match of which is a
     *  section of its own. */
    const char *name;
    const char *help;
    const struct ostler_option *options;
};

OSTLER_END_DECLS

#endif
