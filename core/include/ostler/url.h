/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/url.h
 * Transport URLs: SCHEME://[USER[:PASSWORD]@]HOST[:PORT][,…]/VIRTUAL_HOST[?OPTION=VALUE&…]
 *
 * oslo_messaging/transport.py TransportURL is the reference: the same texts are accepted, with the same meaning. What
 * it refuses is refused with OSTLER_E_URL; doc/transport-url.md lists the few differences. A parsed URL is read-only and
 * may be read from any thread. Bounds: 64 KiB of text, 256 hosts, 256 query options.
 */
#ifndef OSTLER_URL_H
#define OSTLER_URL_H

#include <ostler/error.h>

OSTLER_BEGIN_DECLS

typedef struct ostler_url ostler_url;

/** One host of a URL. NULL and "" differ: absent, and given but empty. User name and password are percent-decoded. */
struct ostler_url_host {
    const char *hostname; /**< without the brackets of IPv6 */
    int port;             /**< up to 65535; -1 where none is given */
    const char *username;
    const char *password;
};

/** One query option; a name that is repeated has its values joined by commas. */
struct ostler_url_option {
    const char *name;
    const char *value;
};

/** Parses @p text. OSTLER_E_URL (the message shows the URL without its passwords), OSTLER_E_NOMEM. */
OSTLER_API OSTLER_MUST_CHECK enum ostler_status ostler_url_parse(const char *text, ostler_url **url,
                                                                 struct ostler_error *error);

/** Frees it and every text it gave out. NULL is fine. */
OSTLER_API void ostler_url_free(ostler_url *url);

/** The whole scheme in lower case, e.g. "nanomsg+tcp". */
OSTLER_API const char *ostler_url_scheme(const ostler_url *url);
/** The scheme up to the first "+": the driver's name. */
OSTLER_API const char *ostler_url_driver(const ostler_url *url);
/** The path without its first slash, percent-decoded; NULL where there is no path at all. */
OSTLER_API const char *ostler_url_virtual_host(const ostler_url *url);
/** The hosts in order; *count may be 0. */
OSTLER_API const struct ostler_url_host *ostler_url_hosts(const ostler_url *url, size_t *count);
/** The query's options in order of first appearance; *count may be 0. */
OSTLER_API const struct ostler_url_option *ostler_url_options(const ostler_url *url, size_t *count);
/** The value of one query option, or NULL. */
OSTLER_API const char *ostler_url_query(const ostler_url *url, const char *name);

/** The URL as text, with passwords; the caller frees it with free(). NULL without memory. Parsing it again gives an
 *  equal URL. */
OSTLER_API char *ostler_url_print(const ostler_url *url);
/** As ostler_url_print() with every password shown as "***", also the values of query options that are called something
 *  with "password", "passwd" or "secret": for logs and errors. */
OSTLER_API char *ostler_url_print_safe(const ostler_url *url);
/** Any text that may be a URL, with what may be a password in it shown as "***": for texts that do not parse. The
 *  caller frees it. */
OSTLER_API char *ostler_url_mask(const char *text);

/** Whether both name the same transport, virtual host and hosts in the same order; query options do not count, as in
 *  oslo.messaging. No virtual host and an empty one are the same. */
OSTLER_API bool ostler_url_equal(const ostler_url *a, const ostler_url *b);

OSTLER_END_DECLS

#endif
