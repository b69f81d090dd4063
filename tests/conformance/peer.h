/* SPDX-License-Identifier: Apache-2.0 */
/* Servers and clients in processes of their own, to be killed or stopped: this program again, with a hidden option. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* What main() does for --serve TOPIC/SERVER and --call TOPIC/METHOD; both say "ready" on standard output, and end when
 * their standard input does. Returns an exit code. */
int peer_serve(const char *address);
int peer_call(const char *address);
/* --listen TOPIC/work or TOPIC/hold: a listener that handles what comes, or never ends with it. */
int peer_listen(const char *address);

struct peer {
    pid_t pid;
    int input; /* closing it ends the peer */
};

/* Starts one for fixture_topic() and waits until it is ready. */
struct peer peer_start_server(const char *server);
/* One whose four threads call `method` over and over. */
struct peer peer_start_client(const char *method);
struct peer peer_start_listener(const char *work);

/* Kills it at once, as a crash would. */
void peer_kill(struct peer *peer);
/* Lets it hang, and go on. */
void peer_pause(struct peer *peer);
void peer_resume(struct peer *peer);
/* Lets it end by itself; expects that it does so well. */
void peer_end(struct peer *peer);

/* Skips the check if servers in other processes cannot be reached over this transport. */
void peer_require(void);

#endif
