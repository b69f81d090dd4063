/* SPDX-License-Identifier: Apache-2.0 */
/* Hiding passwords in texts that do not parse, and of which nobody can say for certain where the password is: rather too
 * much is hidden than too little. */
#include "url_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What follows "SCHEME://", or the whole text. */
static char *after_scheme(char *text)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) || (text[length] && strchr("+-.", text[length])))
        length++;
    return strncmp(text + length, "://", 3) == 0 ? text + length + 3 : text;
}

/* The ":" of HOST:PORT if what follows it is no port; else NULL. */
static char *suspicious_colon(char *item)
{
    if (url_is_ipv6(item))
        return NULL;

    char *name_end = *item == '[' ? strchr(item, ']') : item;
    char *colon = strchr(name_end ? name_end : item, ':');
    if (!colon)
        return NULL;
    int port = url_port(colon + 1);
    return port == URL_NO_PORT || port > URL_PORT_MAX ? colon : NULL;
}

/* Writes "HOST:PORT,…" up to the first port that is none: there a password may begin whose host was forgotten, and
 * nothing after it can be trusted. Returns where the path begins, or NULL when the rest is hidden. */
static char *put_hosts(FILE *stream, char *hosts)
{
    for (char *item = hosts;;) {
        size_t length = strcspn(item, ",/?#");
        char delimiter = item[length];

        item[length] = '\0';
        char *colon = suspicious_colon(item);
        if (colon) {
            fprintf(stream, "%.*s:" URL_MASKED, (int)(colon - item), item);
            return NULL;
        }
        fputs(item, stream);
        item[length] = delimiter;
        item += length;
        if (delimiter != ',')
            return item;
        putc(*item++, stream);
    }
}

/* Writes a path with its query, without the values of secret options. */
static void put_path(FILE *stream, const char *path)
{
    size_t length = strcspn(path, "?");

    fprintf(stream, "%.*s", (int)length, path);
    path += length;
    while (*path) { /* at "?" or "&" */
        size_t name = strcspn(path + 1, "=&");
        size_t value = strcspn(path + 1 + name, "&");
        bool secret = path[1 + name] == '=' && url_option_is_secret(path + 1, name);

        if (secret)
            fprintf(stream, "%.*s=" URL_MASKED, (int)name + 1, path);
        else
            fprintf(stream, "%.*s", (int)(1 + name + value), path);
        path += 1 + name + value;
    }
}

static void put_masked(FILE *stream, char *text)
{
    char *rest = after_scheme(text);
    char *at = strrchr(rest, '@');
    char *path;

    fprintf(stream, "%.*s", (int)(rest - text), text);
    if (at) { /* up to the last "@" anything after the first ":" may belong to a password */
        *at = '\0';
        fprintf(stream, "%.*s", (int)strcspn(rest, ":"), rest);
        fputs(strchr(rest, ':') ? ":" URL_MASKED "@" : "@", stream);
        rest = at + 1;
    }
    path = put_hosts(stream, rest);
    if (path)
        put_path(stream, path);
}

char *ostler_url_mask(const char *text)
{
    char *masked = NULL;
    size_t size = 0;
    char *copy = strdup(text);
    FILE *stream = copy ? open_memstream(&masked, &size) : NULL;

    if (!stream) {
        free(copy);
        return NULL;
    }
    for (char *c = copy; *c; c++) {
        if (iscntrl((unsigned char)*c))
            *c = ' '; /* a line end would forge a log line */
    }
    put_masked(stream, copy);
    free(copy);
    return url_stream_finish(stream, &masked);
}
