/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/version.h
 * The version of this library, and the compatibility rule for versions of RPC interfaces.
 */
#ifndef OSTLER_VERSION_H
#define OSTLER_VERSION_H

#include <ostler/error.h>

OSTLER_BEGIN_DECLS

#define OSTLER_VERSION "0.1.0"

/** The version of the library in use, which may be newer than the header's. */
OSTLER_API const char *ostler_version(void);

/** Whether an endpoint that implements @p implemented can serve a request for @p requested. Versions are "MAJOR.MINOR"
 *  or "MAJOR.MINOR.REVISION"; majors must be equal, the requested minor not above, with equal minors the revision not
 *  above. NULL implemented: true; else NULL requested: false; anything that is not a version is not compatible.
 *  oslo_messaging/_utils.py version_is_compatible(). */
OSTLER_API bool ostler_version_compatible(const char *implemented, const char *requested);

/** OSTLER_OK if @p version has a numeric major and minor; else OSTLER_E_INVALID with oslo.messaging's sentence
 *  "Version must contain a major and minor integer. Got X". */
OSTLER_API enum ostler_status ostler_version_check(const char *version, struct ostler_error *error);

OSTLER_END_DECLS

#endif
