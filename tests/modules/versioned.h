/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests hand to versioned.c as the state. */
#ifndef TESTS_MODULES_VERSIONED_H
#define TESTS_MODULES_VERSIONED_H

struct versioned_call {
    int entered; /* a descriptor: one byte is written when the method has begun */
    int go;      /* a descriptor: one byte is awaited before it ends; -1: do not wait */
    int version; /* which code ran */
};

#endif
