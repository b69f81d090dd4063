/* SPDX-License-Identifier: Apache-2.0 */
/* nanomsg's sockets, as both halves of the driver use them: raw, so that nothing is sent again behind our back and
 * many requests can be under way on one; not reconnecting, so that one socket of a client is one connection. */
#ifndef SOCKET_H
#define SOCKET_H

#include "settings.h"

/* `protocol` is NN_REQ or NN_REP. -1 on failure. */
int socket_open(const struct settings *settings, int protocol, struct ostler_error *error);

/* NN_RCVFD or NN_SNDFD; polls readable when a message can be received or sent. */
int socket_descriptor(int socket, int which);

/* `address` is a socket's path, or HOST:PORT. Each returns 0 or an errno value for nn_strerror(). */
int socket_bind(const struct settings *settings, int socket, const char *address);
int socket_connect(const struct settings *settings, int socket, const char *address);

/* For descriptors that only wake somebody. */
int eventfd_new(void);
void eventfd_raise(int fd);
void eventfd_clear(int fd);

#endif
