/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/api.h
 * What every other public header needs: visibility, C linkage, format checks.
 */
#ifndef OSTLER_API_H
#define OSTLER_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define OSTLER_BEGIN_DECLS extern "C" {
#define OSTLER_END_DECLS   }
#else
#define OSTLER_BEGIN_DECLS
#define OSTLER_END_DECLS
#endif

#if defined(__GNUC__)
/** Marks a symbol that libostler exports, or that a module exports. */
#define OSTLER_API __attribute__((visibility("default")))
/** The compiler checks the arguments as printf would use them. */
#define OSTLER_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
/** Ignoring the result is a mistake. */
#define OSTLER_MUST_CHECK __attribute__((warn_unused_result))
#else
#define OSTLER_API
#define OSTLER_PRINTF(format_index, first_argument)
#define OSTLER_MUST_CHECK
#endif

/** json-c's value: the value model of the wire. Declared here so that a header which only passes one on needs no json-c
 *  header; include <json-c/json.h> to look inside. One thread at a time owns a value: its reference counts are not
 *  atomic. */
struct json_object;

#endif
