/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/module.h
 * Loadable parts: transport drivers, endpoint modules, executors, access policies, matchmakers, notifier drivers.
 *
 * A module is a shared object with one exported symbol, a `const struct ostler_module` made with OSTLER_MODULE. It is
 * opened with all its symbols bound at once; the first member is compared before anything else is read, then the kind,
 * then every required slot of the operations table, in every build. What is wrong is an error that names the file and
 * the cause; a host that is running goes on.
 */
#ifndef OSTLER_MODULE_H
#define OSTLER_MODULE_H

#include <ostler/error.h>
#include <ostler/option.h>

OSTLER_BEGIN_DECLS

/** Changes whenever a module built before can no longer be used. */
#define OSTLER_MODULE_ABI UINT32_C(0x05710001)

/* The kinds, and the operations table each expects. */
#define OSTLER_KIND_TRANSPORT  "transport"  /**< struct ostler_driver_ops, <ostler/driver.h> */
#define OSTLER_KIND_ENDPOINT   "endpoint"   /**< struct ostler_endpoint_ops, <ostler/endpoint.h> */
#define OSTLER_KIND_EXECUTOR   "executor"   /**< struct ostler_executor_ops, <ostler/executor.h> */
#define OSTLER_KIND_POLICY     "policy"     /**< struct ostler_policy_ops, <ostler/policy.h> */
#define OSTLER_KIND_MATCHMAKER "matchmaker" /**< struct ostler_matchmaker_ops, <ostler/matchmaker.h> */
#define OSTLER_KIND_NOTIFIER   "notifier"   /**< struct ostler_notifier_ops, <ostler/notifier_driver.h> */

/** What a module says of itself. Static and constant. */
struct ostler_module {
    uint32_t abi;               /**< OSTLER_MODULE_ABI */
    uint32_t size;              /**< sizeof(struct ostler_module) as it was built */
    const char *kind;           /**< one of OSTLER_KIND_… */
    const char *name;           /**< what configs and URLs call it */
    const char *const *aliases; /**< other names, ended by NULL; may be NULL */
    const char *version;        /**< the module's own, for people */
    const char *summary;        /**< one line for people */
    const void *ops;            /**< the kind's operations table */
    size_t ops_size;            /**< sizeof(*ops) as it was built: a shorter table lacks the newer slots */
    /** Config sections that belong to this module, ended by a NULL name; may be NULL. */
    const struct ostler_option_group *options;
    void *reserved_[4];
};

/** Begins the definition of the descriptor. FILE_NAME is the shared object's name without its extension, with "_" for
 *  what is no letter or digit; it only matters when the module is linked into a program.
 *
 *     OSTLER_MODULE(echo) = {
 *         .abi = OSTLER_MODULE_ABI, .size = sizeof(struct ostler_module), .kind = OSTLER_KIND_ENDPOINT,
 *         .name = "echo", .version = "1.1", .summary = "answers with its argument",
 *         .ops = &operations, .ops_size = sizeof operations,
 *     };
 */
#ifdef OSTLER_MODULE_PRELOADED
#define OSTLER_MODULE(file_name)                                                                                       \
    extern OSTLER_API const struct ostler_module file_name##_LTX_ostler_module;                                        \
    const struct ostler_module file_name##_LTX_ostler_module
#else
#define OSTLER_MODULE(file_name)                                                                                       \
    extern OSTLER_API const struct ostler_module ostler_module;                                                        \
    const struct ostler_module ostler_module
#endif

/** Makes the modules known that libtool's -dlpreopen linked into the program; @p symbols is its table, NULL if there is
 *  none. Call it as OSTLER_PRELOADED_MODULES(), early in main(). Again with the same table: no effect. Any thread.
 *  OSTLER_E_MODULE with the symbol and the cause. */
OSTLER_API enum ostler_status ostler_module_preload(const void *symbols, struct ostler_error *error);

/** `OSTLER_PRELOADED_MODULES(&error)` in a program: ostler_module_preload() with the program's own table. Does nothing,
 *  successfully, in a program that has none, so that the same source serves both. */
#define OSTLER_PRELOADED_MODULES(error) ostler_module_preload(ostler_program_symbols, error)

#ifdef __GNUC__
/** The table, by the name that libtool gives it. */
extern const char ostler_program_symbols[] __asm__("lt__PROGRAM__LTX_preloaded_symbols") __attribute__((weak));
#else
static const void *const ostler_program_symbols = NULL;
#endif

/** A module that is loaded. Counted; its code stays mapped as long as one reference exists. */
typedef struct ostler_loaded_module ostler_loaded_module;

/** Finds and loads a module of @p kind by name or alias, or by path when @p name contains a slash. Searched in order:
 *  modules linked into the program, @p plugin_path (colon-separated, may be NULL), $OSTLER_PLUGIN_PATH, the installed
 *  folder of that kind; a folder of the first two may have a subfolder for the kind ("transports", "endpoints", ...) that
 *  is looked at as well; in each, NAME.so first, then any module there with that name or alias. A file NAME.so that is
 *  broken ends the search. A file that is already loaded and has not changed is shared; one that has changed is loaded
 *  anew beside the old one.
 *  Loads from any thread, one at a time; not from a constructor or destructor of a module. OSTLER_E_MODULE with the file
 *  and the cause: not found (and where it was looked for), not a module, other kind, other ABI, empty slot, unresolved
 *  symbol, missing dependency, name taken by another file; OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_module_load(const char *kind, const char *name,
                                                                   const char *plugin_path,
                                                                   ostler_loaded_module **module,
                                                                   struct ostler_error *error);

/** One more owner; returns @p module. Any thread. */
OSTLER_API ostler_loaded_module *ostler_module_ref(ostler_loaded_module *module);

/** One owner less; the last one closes it. Never from code of the module itself. NULL is fine. Any thread. */
OSTLER_API void ostler_module_unref(ostler_loaded_module *module);

/** Its descriptor, as long as the reference is held. Its operations table has all slots that this release knows: those
 *  which the module's own table lacks are empty. */
OSTLER_API const struct ostler_module *ostler_module_descriptor(const ostler_loaded_module *module);

/** The file it came from, or "built in". */
OSTLER_API const char *ostler_module_file(const ostler_loaded_module *module);

/** Whether the file is no longer the one that was loaded (another inode, size or time of change). */
OSTLER_API bool ostler_module_changed(const ostler_loaded_module *module);

/** Receives one module, or with a NULL @p descriptor the reason why there is none. All ends with the call. No lock is
 *  held: it may load modules itself. */
typedef void (*ostler_module_visit_fn)(void *user, const char *file, const struct ostler_module *descriptor,
                                       const struct ostler_error *problem);

/** Calls @p visit for every module of @p kind that can be found, loaded for the visit only; for one that cannot be
 *  loaded with a NULL descriptor and the reason. Each name once, in the order of the search. Any thread.
 *  OSTLER_E_MODULE (no such kind, too many files), OSTLER_E_NOMEM. */
OSTLER_API enum ostler_status ostler_module_visit(const char *kind, const char *plugin_path,
                                                  ostler_module_visit_fn visit, void *user, struct ostler_error *error);

OSTLER_END_DECLS

#endif
