/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is wrong with a configuration, not only the first thing: `--check` prints findings, a start or a
 * reload logs them. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <ostler/error.h>

struct findings_text;

struct findings {
    void (*tell)(bool is_error, const char *text);
    struct findings_text *told; /* each text is told once */
    unsigned errors;
    unsigned warnings;
    enum ostler_status status; /* the first error's */
};

#define FINDINGS_INIT(tell_)                                                                                           \
    {                                                                                                                  \
        .tell = (tell_)                                                                                                \
    }

/* @p where ("FILE:LINE" or a section's name) comes before the text. An error keeps the configuration from being used. */
void findings_error(struct findings *findings, enum ostler_status status, const char *where, const char *format, ...)
    OSTLER_PRINTF(4, 5);
void findings_warning(struct findings *findings, const char *where, const char *format, ...) OSTLER_PRINTF(3, 4);

/* What ostler_conf_failures() reports; @p user is the struct findings. */
void findings_failure(void *user, enum ostler_status status, const char *text);

/* An error from the library as it is, after @p where unless that is NULL; @p error is as new afterwards. */
void findings_take(struct findings *findings, const char *where, struct ostler_error *error);

void findings_clear(struct findings *findings);

#endif
