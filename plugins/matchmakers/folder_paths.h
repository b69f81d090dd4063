/* SPDX-License-Identifier: Apache-2.0 */
/* The folder's layout, and who may use it.
 *
 *     FOLDER/sockets/XXXXXXXX.sock        what servers are bound to
 *     FOLDER/EXCHANGE@TOPIC/SERVER.json   one file per server, locked as long as it lives
 */
#ifndef FOLDER_PATHS_H
#define FOLDER_PATHS_H

#include <ostler/conf.h>
#include <ostler/target.h>
#include <ostler/url.h>

#include <limits.h>

struct folder_paths {
    char *folder;
    unsigned mode;     /* of the folder when it is made */
    const char *group; /* or NULL; the configuration's */
};

/* OSTLER_E_URL, OSTLER_E_CONFIG, OSTLER_E_NOMEM. */
enum ostler_status folder_paths_init(struct folder_paths *paths, const ostler_conf *conf, const ostler_url *url,
                                     struct ostler_error *error);
void folder_paths_fini(struct folder_paths *paths);

/* The name of a topic's folder, or of a server's file, with everything but letters, digits, "_", "-" and inner dots as
 * %XX. `name` holds NAME_MAX + 1 bytes. OSTLER_E_TARGET if it gets too long. */
enum ostler_status folder_paths_topic(const char *exchange, const char *topic, char *name, struct ostler_error *error);
enum ostler_status folder_paths_server(const char *server, char *name, struct ostler_error *error);

/* Opens the folder, or one inside it. -1 if there is none (and not `make`), with OSTLER_OK. Refused with `failure`:
 * a folder that others could have put files into. */
enum ostler_status folder_paths_open(const struct folder_paths *paths, const char *inside, bool make,
                                     enum ostler_status failure, int *fd, struct ostler_error *error);

/* The permissions of files in it. */
unsigned folder_paths_file_mode(const struct folder_paths *paths);

/* A path for a new socket; sockets that nobody listens on any more are removed. OSTLER_E_LISTEN, OSTLER_E_NOMEM. */
enum ostler_status folder_paths_new_socket(const struct folder_paths *paths, char **path, struct ostler_error *error);

#endif
