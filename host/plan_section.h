/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a plan that reads one section. */
#ifndef PLAN_SECTION_H
#define PLAN_SECTION_H

#include "deployment.h"
#include "findings.h"

struct plan {
    struct deployment *deployment;
    const struct deployment *previous;
    struct findings *findings;
};

/* Each adds what its section asks for to the deployment, which has room for it, or findings. */
void plan_server(const struct plan *plan, const char *section);
void plan_listener(const struct plan *plan, const char *section);

enum { PLAN_WHERE_BYTES = 1024 };

/* An option's text; an empty one counts as none. */
const char *plan_text(const struct plan *plan, const char *section, const char *name);

/* "FILE:LINE: [SECTION] OPTION" for findings, in @p buffer. */
const char *plan_where(const struct plan *plan, const char *section, const char *name, char buffer[PLAN_WHERE_BYTES]);

/* A finding if a name from @p option is too long. */
void plan_check_name(const struct plan *plan, const char *section, const char *option, const char *value);

/* A finding if a part that is chosen by name cannot be loaded; what runs loads it for itself. */
void plan_check_part(const struct plan *plan, const char *section, const char *option, const char *kind,
                     const char *name, enum ostler_status status);

/* What servers and listeners have in common: executor, transport and endpoints. The transport URL stands in the first of
 * @p url_sections that has one. */
void plan_common(const struct plan *plan, struct hosted *hosted, const char *const *url_sections, size_t count);

#endif
