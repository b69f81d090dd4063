/* SPDX-License-Identifier: Apache-2.0 */
/* One check of the conformance suite: a function that runs in a process of its own, with a deadline, and proves a
 * sentence about the transport. */
#ifndef CHECK_H
#define CHECK_H

#include <ostler/api.h>

struct check {
    const char *name;
    const char *proves; /* the sentence, as the documentation has it */
    void (*run)(void);
    unsigned seconds; /* it has failed if it takes longer; 0 for the usual */
};

/* The groups, each ended by a NULL name. */
extern const struct check check_calls[];
extern const struct check check_values[];
extern const struct check check_ends[];
extern const struct check check_flow[];
extern const struct check check_servers[];
extern const struct check check_bounds[];
extern const struct check check_processes[];
extern const struct check check_notifications[];
extern const struct check check_settling[];
extern const struct check check_unwaited[];

/* What the program was started with. */
extern const char *check_url;
extern const char *const *check_config_files; /* ended by NULL */

/* Time that a slow machine may take beyond what a check demands, in seconds. */
#define CHECK_SLACK 20.0

/* Notes a failure, with a line about what was not so, and goes on; from any thread. */
void check_fail(const char *file, int line, const char *what, const char *format, ...) OSTLER_PRINTF(4, 5);
/* Ends the check at once: as failed, or as one that this transport cannot be put to. */
_Noreturn void check_give_up(void);
_Noreturn void check_skip(const char *format, ...) OSTLER_PRINTF(1, 2);
/* Whether anything has failed so far. */
bool check_has_failed(void);

/* Both print the condition and a formatted explanation. */
#define EXPECT(condition, ...)                                                                                         \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            check_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                                                   \
    } while (0)
#define REQUIRE(condition, ...)                                                                                        \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            check_fail(__FILE__, __LINE__, #condition, __VA_ARGS__);                                                   \
            check_give_up();                                                                                           \
        }                                                                                                              \
    } while (0)

#endif
