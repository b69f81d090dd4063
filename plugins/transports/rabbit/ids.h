/* SPDX-License-Identifier: Apache-2.0 */
/* 32 hexadecimal digits: random ones, and the ids of calls. */
#ifndef IDS_H
#define IDS_H

#include <stdbool.h>
#include <stdint.h>

enum { ID_DIGITS = 32 };

/* A number that nobody can guess, different for each transport. */
uint64_t id_random(void);

/* Random digits: `text` gets ID_DIGITS and a terminator. */
void id_make_random(char text[ID_DIGITS + 1]);

/* A random id that no message had before: `text` gets ID_DIGITS and a terminator. */
void id_make_unique(char text[ID_DIGITS + 1]);

/* A call's id on the wire: the transport's random number, then the core's number. */
void id_of_call(char text[ID_DIGITS + 1], uint64_t transport, uint64_t call);

/* The core's number, if the text is an id of this transport. */
bool id_to_call(const char *text, uint64_t transport, uint64_t *call);

#endif
