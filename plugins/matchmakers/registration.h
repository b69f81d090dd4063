/* SPDX-License-Identifier: Apache-2.0 */
/* A server's file in the folder. It is write-locked through its open file description for as long as the server's
 * process has it open: however the process ends, the lock ends with it, and no other process can be mistaken for it. */
#ifndef REGISTRATION_H
#define REGISTRATION_H

#include "folder_paths.h"

#include <ostler/matchmaker.h>

struct ostler_registration {
    int folder; /* the topic's */
    int file;
    char name[NAME_MAX + 1];
};

/* Makes the file and holds it. OSTLER_E_LISTEN if a living server has it. */
enum ostler_status registration_make(const struct folder_paths *paths, const struct ostler_target *target,
                                     const char *address, struct ostler_registration **registration,
                                     struct ostler_error *error);
void registration_remove(struct ostler_registration *registration);

/* Reads one; false if its server is dead (the file is removed then, if we may) or it is none. */
bool registration_read(int folder, const char *name, struct ostler_peer *peer);

#endif
