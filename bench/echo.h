/* SPDX-License-Identifier: Apache-2.0 */
/* The endpoint that all of Ostler's contestants call: `echo(arg)` returns ARG. Where receivers are to count, every call,
 * cast and notification (priority info) is counted. It is a module for ostlerd and part of the program `library`. */
#ifndef OSTLER_BENCH_ECHO_H
#define OSTLER_BENCH_ECHO_H

#include <ostler/endpoint.h>

extern const struct ostler_endpoint_ops echo_operations;

#endif
