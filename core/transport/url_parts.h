/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read and print transport URLs share. */
#ifndef URL_PARTS_H
#define URL_PARTS_H

#include <ostler/url.h>

#include <stdio.h>

/* Bounds: of the text in bytes, of the host list, of the query. */
#define URL_TEXT_MAX    65536
#define URL_HOSTS_MAX   256
#define URL_OPTIONS_MAX 256
#define URL_PORT_MAX    65535

#define URL_NO_PORT (-1)

/* What is shown in place of a password. */
#define URL_MASKED "***"

struct ostler_url {
    char *text;         /* the URL, cut into its parts and decoded in place */
    char *driver;       /* the scheme up to its first "+" */
    char *query_values; /* the values of the query's options, repeated ones joined */
    const char *scheme;
    const char *virtual_host;
    struct ostler_url_host *hosts;
    size_t host_count;
    struct ostler_url_option *options;
    size_t option_count;
};

/* Decodes each %XX of @p text in place. OSTLER_E_URL if it then holds a NUL or is no UTF-8; @p what names the part in
 * the message. */
enum ostler_status url_decode(char *text, const char *what, struct ostler_error *error);

/* Cuts "[USER[:PASSWORD]@]HOST[:PORT],…" into url->hosts. The text must live as long as the URL. */
enum ostler_status url_hosts_parse(struct ostler_url *url, char *text, struct ostler_error *error);

/* Cuts "NAME=VALUE&…" into url->options. The text must live as long as the URL. */
enum ostler_status url_query_parse(struct ostler_url *url, char *text, struct ostler_error *error);

/* An IPv6 address, with or without a zone ("fe80::1%eth0"). */
bool url_is_ipv6(const char *text);

/* The port that the text names, or something above URL_PORT_MAX; URL_NO_PORT if it is no number. */
int url_port(const char *text);

/* Whether the text holds only valid UTF-8. */
bool url_is_utf8(const char *text);

/* Closes a stream of open_memstream() and returns its text, or NULL if anything failed. */
char *url_stream_finish(FILE *stream, char **text);

/* Whether the value of the query option with this name is a password. */
bool url_option_is_secret(const char *name, size_t length);

#endif
