/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/conf.h
 * Configuration: INI files by oslo.config's rules, libconfig files (".cfg"), the environment, and what a program sets.
 *
 * Build one in one thread: new, add files and folders in the order of the command line, set overrides, declare options.
 * From then on it is only read, from any thread; share it with ref and unref. A reload builds a second one from the
 * same sources and swaps it in if nothing failed.
 *
 * Values are found at the first look after the last change: an option may refer to another one that a later file sets.
 * What does not fit its type is therefore no failure of the function that read the file: ostler_conf_declare() and
 * ostler_conf_check() report it. Where nobody calls these, it is logged, and the declared default is in force.
 *
 * Precedence, strongest first: ostler_conf_set(), environment (OS_GROUP__OPTION), files (a later file wins over an
 * earlier one), ostler_conf_set_default(), the declared default.
 */
#ifndef OSTLER_CONF_H
#define OSTLER_CONF_H

#include <ostler/error.h>
#include <ostler/option.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_conf ostler_conf;

/** Makes an empty configuration with the core's own options declared (DEFAULT, server, server:*, listener, listener:*,
 *  oslo_messaging_notifications). OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_conf_new(ostler_conf **conf, struct ostler_error *error);

/** One more owner; returns @p conf. Any thread. */
OSTLER_API ostler_conf *ostler_conf_ref(ostler_conf *conf);

/** One owner less; the last one frees it, and with it every text it gave out. NULL is fine. Any thread. */
OSTLER_API void ostler_conf_unref(ostler_conf *conf);

/** Makes a configuration with the same sources and declarations as @p conf, to be changed apart from it (a transport
 *  does so for the options of its URL). OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_conf_copy(const ostler_conf *conf, ostler_conf **copy,
                                                                 struct ostler_error *error);

/** Reads a file; one ending in ".cfg" in libconfig's format, where each group is a section and settings outside any
 *  group belong to DEFAULT. OSTLER_E_CONFIG with "FILE:LINE: what is wrong" if it is missing, unreadable or does not
 *  parse; then nothing of it counts. */
OSTLER_API enum ostler_status ostler_conf_add_file(ostler_conf *conf, const char *path, struct ostler_error *error);

/** Reads every *.conf (and *.cfg) directly in a folder, sorted by name, hidden ones left out. OSTLER_E_CONFIG. */
OSTLER_API enum ostler_status ostler_conf_add_dir(ostler_conf *conf, const char *path, struct ostler_error *error);

/** Reads INI text from memory, named @p name in errors. OSTLER_E_CONFIG. */
OSTLER_API enum ostler_status ostler_conf_add_text(ostler_conf *conf, const char *name, const char *text,
                                                   struct ostler_error *error);

/** Whether OS_GROUP__OPTION environment variables count; they do unless told otherwise. */
OSTLER_API void ostler_conf_use_environment(ostler_conf *conf, bool use);

/** Sets an option above every other source, as text as it would stand in a file; NULL takes back what was set so. The
 *  option need not be declared yet. OSTLER_E_CONFIG if it is declared and the text does not fit its type (then the
 *  former text stays); OSTLER_E_INVALID for an empty name; OSTLER_E_NOMEM. */
OSTLER_API enum ostler_status ostler_conf_set(ostler_conf *conf, const char *group, const char *name, const char *value,
                                              struct ostler_error *error);

/** Sets the default of an option below every file: what oslo.config calls set_default(). As ostler_conf_set(). */
OSTLER_API enum ostler_status ostler_conf_set_default(ostler_conf *conf, const char *group, const char *name,
                                                      const char *value, struct ostler_error *error);

/** Declares options: from here on their values are known, with defaults. Every value is read and checked now:
 *  OSTLER_E_CONFIG names file, line, option and what was expected: of this group, or else of another one that does not
 *  fit. OSTLER_E_INVALID if one of them is declared already with another type; OSTLER_E_NOMEM. @p options (ended by a
 *  NULL name) are copied. Declaring a group again adds what is new. Safe while other threads read
 *  other groups. A group whose name ends in ":*" is declared for every such section, present or not. */
OSTLER_API enum ostler_status ostler_conf_declare(ostler_conf *conf, const char *group,
                                                  const struct ostler_option *options, struct ostler_error *error);

/** Reads and checks the value of every option declared so far, the core's own included. OSTLER_E_CONFIG names file, line,
 *  option and what was expected, for the first that does not fit. Call it once all sources are there. */
OSTLER_API enum ostler_status ostler_conf_check(ostler_conf *conf, struct ostler_error *error);

/** As ostler_conf_check() for every value that does not fit: @p report gets one sentence each, with file, line, option and
 *  what was expected. OSTLER_OK however many there are; OSTLER_E_NOMEM. */
typedef void (*ostler_conf_failure_fn)(void *user, enum ostler_status status, const char *text);
OSTLER_API enum ostler_status ostler_conf_failures(ostler_conf *conf, ostler_conf_failure_fn report, void *user,
                                                   struct ostler_error *error);

/** Looks for options nobody declared, in declared sections and in sections that belong to Ostler (endpoint:*, server:*,
 *  listener:*). @p report gets one finding each: where it stands, what it is called, and the nearest known name or
 *  NULL. Sections of other programs are left alone. */
typedef void (*ostler_conf_unknown_fn)(void *user, const char *file, unsigned line, const char *group, const char *name,
                                       const char *nearest);
OSTLER_API void ostler_conf_unknown(const ostler_conf *conf, ostler_conf_unknown_fn report, void *user);

/* Reading. The option must have been declared (asking for one that was not is a programming mistake: the result is
 * "none"). What is returned belongs to the configuration and lives as long as it. Any thread. */

/** Text, or NULL for none. */
OSTLER_API const char *ostler_conf_string(const ostler_conf *conf, const char *group, const char *name);
/** False for none. */
OSTLER_API bool ostler_conf_bool(const ostler_conf *conf, const char *group, const char *name);
/** @p none where the option has no value. */
OSTLER_API int64_t ostler_conf_integer(const ostler_conf *conf, const char *group, const char *name, int64_t none);
/** @p none where the option has no value. */
OSTLER_API double ostler_conf_float(const ostler_conf *conf, const char *group, const char *name, double none);
/** Items of a LIST or MULTI option; *count is 0 for none. The array ends with NULL. */
OSTLER_API const char *const *ostler_conf_list(const ostler_conf *conf, const char *group, const char *name,
                                               size_t *count);
/** The value for @p key in a DICT option, or NULL. */
OSTLER_API const char *ostler_conf_dict(const ostler_conf *conf, const char *group, const char *name, const char *key);
/** The whole DICT: keys and values in turn, ended by NULL; *count pairs. */
OSTLER_API const char *const *ostler_conf_dict_items(const ostler_conf *conf, const char *group, const char *name,
                                                     size_t *count);
/** Where the value in force came from: "FILE:LINE", "environment NAME", "set by the program" or "default". */
OSTLER_API const char *ostler_conf_origin(const ostler_conf *conf, const char *group, const char *name);

/** The names of all sections that begin with @p prefix, in the order they first appear in the files. The array (not the
 *  names) is the caller's to free(). OSTLER_E_NOMEM. */
OSTLER_API enum ostler_status ostler_conf_sections(const ostler_conf *conf, const char *prefix, const char ***names,
                                                   size_t *count, struct ostler_error *error);

/** Whether two configurations hold the same values in @p group, going by what both declare there. */
OSTLER_API bool ostler_conf_same(const ostler_conf *a, const ostler_conf *b, const char *group);

/** The core's own groups, ended by a NULL name: the source of the sample config and the manual. */
OSTLER_API const struct ostler_option_group *ostler_conf_core_options(void);

/** Writes a sample section, every option commented with its help, type, default and former names, to @p stream
 *  (a FILE *). Returns false if writing failed. */
OSTLER_API bool ostler_conf_write_sample(void *stream, const struct ostler_option_group *group);

OSTLER_END_DECLS

#endif
