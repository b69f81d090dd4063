/* SPDX-License-Identifier: Apache-2.0 */
/* A connection over TLS: the library's socket, with the options' versions and files, and what is wrong with the peer in
 * words. */
#ifndef TLS_H
#define TLS_H

#include "options.h"

#include <ostler/error.h>

#include <amqp.h>
#include <sys/time.h>

/* For a connection to a host. OSTLER_E_CONFIG, naming the option, if a file or a version cannot be used. */
enum ostler_status tls_new(amqp_connection_state_t state, const char *host, const struct rabbit_options *options,
                           amqp_socket_t **socket, struct ostler_error *error);

/* Connects and shakes hands. The library does both by itself, and cannot be interrupted. OSTLER_E_DELIVERY. */
enum ostler_status tls_connect(amqp_socket_t *socket, const char *host, int port, struct timeval *left,
                               struct ostler_error *error);

#endif
