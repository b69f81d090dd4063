/* SPDX-License-Identifier: Apache-2.0 */
/* A TCP connection that is being made, and can be given up by another thread meanwhile. */
#ifndef DIAL_H
#define DIAL_H

#include <ostler/clock.h>
#include <ostler/error.h>

#include <pthread.h>
#include <stdbool.h>

/* The socket of a connection from its making until the link has it. */
struct dial {
    pthread_mutex_t lock;
    int fd; /* -1: none */
    bool cancelled;
};

void dial_init(struct dial *dial);
void dial_fini(struct dial *dial);

/* Connects to a host and port, each address in turn. The socket, non-blocking, or -1. Looking up a name cannot be given
 * up. */
int dial_connect(struct dial *dial, const char *host, int port, ostler_time deadline, struct ostler_error *error);

/* Takes a socket that was made elsewhere under watch. False if it was given up already. */
bool dial_watch(struct dial *dial, int fd);

/* The socket is no longer being connected, or is about to be closed. */
void dial_done(struct dial *dial);

/* Gives up what is going on, and everything that is begun later. Any thread. */
void dial_cancel(struct dial *dial);

#endif
