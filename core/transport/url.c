/* SPDX-License-Identifier: Apache-2.0 */
/* Transport URLs: taking the text apart, and asking for its parts. The grammar, and where it differs from
 * oslo.messaging's: doc/transport-url.md. */
#include "url_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A message shows this much of a URL. */
#define SHOWN_MAX 200

void ostler_url_free(ostler_url *url)
{
    if (!url)
        return;
    free(url->options);
    free(url->hosts);
    free(url->query_values);
    free(url->driver);
    free(url->text);
    free(url);
}

/* A copy as Python's urlsplit() sees it: without control characters and spaces in front, and without any tab or line
 * end. NULL without memory. */
static char *copy_cleaned(const char *text)
{
    while (*text > 0 && *text <= ' ')
        text++;

    char *copy = malloc(strlen(text) + 1);
    if (!copy)
        return NULL;
    char *end = copy;
    for (; *text; text++) {
        if (!strchr("\t\r\n", *text))
            *end++ = *text;
    }
    *end = '\0';
    return copy;
}

/* Cuts "SCHEME:" off and returns what follows, or NULL where there is no scheme. */
static char *scheme_parse(struct ostler_url *url)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    size_t length = strspn(url->text, allowed);

    if (!isalpha((unsigned char)url->text[0]) || url->text[length] != ':')
        return NULL;
    url->text[length] = '\0';
    for (char *c = url->text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    url->scheme = url->text;
    return url->text + length + 1;
}

/* Cuts "//HOSTS" off. What follows begins with its own delimiter, so the hosts move over their slashes to make room for
 * a terminator. */
static char *hosts_cut(char *rest, char **hosts)
{
    if (strncmp(rest, "//", 2) != 0)
        return rest;
    size_t length = strcspn(rest + 2, "/?#");
    memmove(rest, rest + 2, length);
    rest[length] = '\0';
    *hosts = rest;
    return rest + 2 + length;
}

static enum ostler_status parts_parse(struct ostler_url *url, struct ostler_error *error)
{
    char *hosts = NULL;
    char *path = scheme_parse(url);

    if (!path)
        return ostler_error_set(error, OSTLER_E_URL,
                                "no scheme specified; expected DRIVER://[USER:PASSWORD@]HOST[:PORT]/VIRTUAL_HOST");
    url->driver = strndup(url->scheme, strcspn(url->scheme, "+"));
    if (!url->driver)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for the scheme");

    path = hosts_cut(path, &hosts);
    path[strcspn(path, "#")] = '\0';
    char *query = strchr(path, '?');
    if (query)
        *query++ = '\0';

    enum ostler_status status = hosts ? url_hosts_parse(url, hosts, error) : OSTLER_OK;
    if (status == OSTLER_OK && *path == '/') {
        url->virtual_host = path + 1;
        status = url_decode(path + 1, "the virtual host", error);
    }
    if (status == OSTLER_OK && query)
        status = url_query_parse(url, query, error);
    return status;
}

/* Puts the URL, without what may be a password, before the reason. */
static void show_in_error(const char *text, struct ostler_error *error)
{
    char *masked = ostler_url_mask(text);
    if (!masked)
        return;

    size_t length = strlen(masked);
    bool cut = length > SHOWN_MAX;
    if (cut) {
        length = SHOWN_MAX;
        while (((unsigned char)masked[length] & 0xc0) == 0x80) /* not inside a character */
            length--;
    }
    ostler_error_prefix(error, "transport URL \"%.*s%s\"", (int)length, masked, cut ? "..." : "");
    free(masked);
}

enum ostler_status ostler_url_parse(const char *text, ostler_url **url, struct ostler_error *error)
{
    if (!text)
        return ostler_error_set(error, OSTLER_E_URL, "no transport URL");
    if (strnlen(text, URL_TEXT_MAX + 1) > URL_TEXT_MAX)
        return ostler_error_set(error, OSTLER_E_URL, "a transport URL of more than %d bytes", URL_TEXT_MAX);

    if (!url_is_utf8(text))
        return ostler_error_set(error, OSTLER_E_URL, "a transport URL that is not UTF-8");

    ostler_url *made = calloc(1, sizeof *made);
    if (made)
        made->text = copy_cleaned(text);
    if (!made || !made->text) {
        ostler_url_free(made);
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for a transport URL");
    }

    enum ostler_status status = parts_parse(made, error);
    if (status != OSTLER_OK) {
        show_in_error(text, error);
        ostler_url_free(made);
        return status;
    }
    *url = made;
    return OSTLER_OK;
}

const char *ostler_url_scheme(const ostler_url *url)
{
    return url->scheme;
}

const char *ostler_url_driver(const ostler_url *url)
{
    return url->driver;
}

const char *ostler_url_virtual_host(const ostler_url *url)
{
    return url->virtual_host;
}

const struct ostler_url_host *ostler_url_hosts(const ostler_url *url, size_t *count)
{
    *count = url->host_count;
    return url->hosts;
}

const struct ostler_url_option *ostler_url_options(const ostler_url *url, size_t *count)
{
    *count = url->option_count;
    return url->options;
}

const char *ostler_url_query(const ostler_url *url, const char *name)
{
    for (size_t i = 0; i < url->option_count; i++) {
        if (strcmp(url->options[i].name, name) == 0)
            return url->options[i].value;
    }
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_host(const struct ostler_url_host *a, const struct ostler_url_host *b)
{
    return a->port == b->port && same_text(a->hostname, b->hostname) && same_text(a->username, b->username) &&
           same_text(a->password, b->password);
}

bool ostler_url_equal(const ostler_url *a, const ostler_url *b)
{
    /* "x://h" and "x://h/" name the same virtual host, and print alike. */
    const char *virtual_a = a->virtual_host ? a->virtual_host : "";
    const char *virtual_b = b->virtual_host ? b->virtual_host : "";

    if (strcmp(a->scheme, b->scheme) != 0 || strcmp(virtual_a, virtual_b) != 0 || a->host_count != b->host_count)
        return false;
    for (size_t i = 0; i < a->host_count; i++) {
        if (!same_host(&a->hosts[i], &b->hosts[i]))
            return false;
    }
    return true;
}
