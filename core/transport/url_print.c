/* SPDX-License-Identifier: Apache-2.0 */
/* Transport URLs as text again, as oslo.messaging's TransportURL prints them, with or without their passwords. */
#include "url_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes @p text with everything but letters, digits, "_.-~" and the characters of @p kept as %XX; in a query a space is
 * a "+". */
static void put_quoted(FILE *stream, const char *text, const char *kept, bool in_query)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c < 0x80 && isalnum(c)) || strchr("_.-~", c) || strchr(kept, c))
            putc(c, stream);
        else if (c == ' ' && in_query)
            putc('+', stream);
        else
            fprintf(stream, "%%%02X", c);
    }
}

static void put_host(FILE *stream, const struct ostler_url_host *host, bool safe)
{
    if (host->username)
        put_quoted(stream, host->username, "", false);
    if (host->password) {
        putc(':', stream);
        if (safe)
            fputs(URL_MASKED, stream);
        else
            put_quoted(stream, host->password, "", false);
    }
    if (host->username)
        putc('@', stream);

    if (host->hostname)
        fprintf(stream, strchr(host->hostname, ':') ? "[%s]" : "%s", host->hostname);
    if (host->port >= 0)
        fprintf(stream, ":%d", host->port);
    else if (host->hostname && !*host->hostname)
        putc(':', stream); /* a name that is given but empty */
}

static void put_query(FILE *stream, const ostler_url *url, bool safe)
{
    for (size_t i = 0; i < url->option_count; i++) {
        const struct ostler_url_option *option = &url->options[i];
        putc(i == 0 ? '?' : '&', stream);
        put_quoted(stream, option->name, "", true);
        putc('=', stream);
        if (safe && url_option_is_secret(option->name, strlen(option->name)))
            fputs(URL_MASKED, stream);
        else
            put_quoted(stream, option->value, "", true);
    }
}

char *url_stream_finish(FILE *stream, char **text)
{
    bool failed = ferror(stream) != 0;

    if (fclose(stream) != 0)
        failed = true;
    if (failed) {
        free(*text);
        return NULL;
    }
    return *text;
}

static char *print(const ostler_url *url, bool safe)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    if (!stream)
        return NULL;
    fprintf(stream, "%s://", url->scheme);
    for (size_t i = 0; i < url->host_count; i++) {
        if (i > 0)
            putc(',', stream);
        put_host(stream, &url->hosts[i], safe);
    }
    putc('/', stream);
    if (url->virtual_host)
        put_quoted(stream, url->virtual_host, "/", false);
    put_query(stream, url, safe);
    return url_stream_finish(stream, &text);
}

char *ostler_url_print(const ostler_url *url)
{
    return print(url, false);
}

char *ostler_url_print_safe(const ostler_url *url)
{
    return print(url, true);
}
