/* SPDX-License-Identifier: Apache-2.0 */
/* The host list of a transport URL. No message shows any of its text: where something does not fit, what looks like a
 * host or a port is often a piece of a password with an unencoded "/" or ",". */
#include "url_parts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ENCODE_HINT "in user names and passwords encode : / ? # [ ] @ , as %%XX"

bool url_is_ipv6(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char binary[sizeof(struct in6_addr)];
    size_t length = strcspn(text, "%");

    if (length >= sizeof address)
        return false;
    if (text[length] == '%' && (!text[length + 1] || strpbrk(text + length + 1, "%:[]")))
        return false;
    memcpy(address, text, length);
    address[length] = '\0';
    return inet_pton(AF_INET6, address, binary) == 1;
}

/* "vHEX.TEXT", which RFC 3986 keeps for addresses to come. */
static bool is_future_address(const char *text)
{
    if (*text != 'v')
        return false;
    size_t digits = strspn(text + 1, "0123456789abcdefABCDEF");
    return digits > 0 && text[1 + digits] == '.' && text[2 + digits];
}

int url_port(const char *text)
{
    int value = 0;

    if (text[strspn(text, "0123456789")])
        return URL_NO_PORT;
    for (; *text && value <= URL_PORT_MAX; text++)
        value = value * 10 + (*text - '0');
    return value;
}

static enum ostler_status port_parse(const char *text, size_t number, int *port, struct ostler_error *error)
{
    if (!text || !*text)
        return OSTLER_OK;
    int value = url_port(text);
    if (value == URL_NO_PORT)
        return ostler_error_set(error, OSTLER_E_URL, "the port of host %zu is not a number; " ENCODE_HINT, number);
    if (value > URL_PORT_MAX)
        return ostler_error_set(error, OSTLER_E_URL, "the port of host %zu is above %d", number, URL_PORT_MAX);
    *port = value;
    return OSTLER_OK;
}

/* "[USER[:PASSWORD]"; the "@" is gone. */
static enum ostler_status user_parse(char *text, size_t number, struct ostler_url_host *host,
                                     struct ostler_error *error)
{
    if (strpbrk(text, "[]"))
        return ostler_error_set(error, OSTLER_E_URL, "brackets before the \"@\" of host %zu; " ENCODE_HINT, number);

    char *password = strchr(text, ':');
    if (password)
        *password++ = '\0';
    enum ostler_status status = url_decode(text, "a user name", error);
    if (status == OSTLER_OK && password)
        status = url_decode(password, "a password", error);
    host->username = text;
    host->password = password;
    return status;
}

/* "[ADDRESS]" or "[ADDRESS]:PORT". */
static enum ostler_status bracketed_parse(char *text, size_t number, struct ostler_url_host *host,
                                          struct ostler_error *error)
{
    char *end = strchr(text, ']');
    if (!end)
        return ostler_error_set(error, OSTLER_E_URL, "host %zu has no closing \"]\"", number);
    if (end[1] && end[1] != ':')
        return ostler_error_set(error, OSTLER_E_URL, "host %zu goes on after its \"]\"; only :PORT may follow", number);

    const char *port = end[1] ? end + 2 : NULL;
    *end = '\0';
    if (!url_is_ipv6(text + 1) && !is_future_address(text + 1))
        return ostler_error_set(error, OSTLER_E_URL, "host %zu has no IPv6 address in its brackets", number);
    host->hostname = text + 1;
    return port_parse(port, number, &host->port, error);
}

/* One item of the list; @p number counts from 1, for messages. */
static enum ostler_status host_parse(char *text, size_t number, struct ostler_url_host *host,
                                     struct ostler_error *error)
{
    char *at = strrchr(text, '@');
    char *name = text;

    *host = (struct ostler_url_host){.port = -1};
    if (at) {
        *at = '\0';
        name = at + 1;
        enum ostler_status status = user_parse(text, number, host, error);
        if (status != OSTLER_OK)
            return status;
    }
    if (*name == '\0')
        return OSTLER_OK;
    if (*name == '[')
        return bracketed_parse(name, number, host, error);

    host->hostname = name;
    if (url_is_ipv6(name))
        return OSTLER_OK;
    if (strpbrk(name, "[]"))
        return ostler_error_set(error, OSTLER_E_URL, "host %zu has a bracket in its name", number);
    char *port = strchr(name, ':');
    if (port)
        *port++ = '\0';
    return port_parse(port, number, &host->port, error);
}

static size_t count_items(const char *list)
{
    size_t count = 0;

    for (list += strspn(list, ","); *list; list += strspn(list, ",")) {
        count++;
        list += strcspn(list, ",");
    }
    return count;
}

enum ostler_status url_hosts_parse(struct ostler_url *url, char *text, struct ostler_error *error)
{
    size_t count = count_items(text);

    if (count == 0)
        return OSTLER_OK;
    if (count > URL_HOSTS_MAX)
        return ostler_error_set(error, OSTLER_E_URL, "more than %d hosts", URL_HOSTS_MAX);

    url->hosts = calloc(count, sizeof *url->hosts);
    if (!url->hosts)
        return ostler_error_set(error, OSTLER_E_NOMEM, "no memory for %zu hosts", count);
    for (char *item; (item = strsep(&text, ","));) {
        if (!*item)
            continue;
        enum ostler_status status = host_parse(item, url->host_count + 1, &url->hosts[url->host_count], error);
        if (status != OSTLER_OK)
            return status;
        url->host_count++;
    }
    return OSTLER_OK;
}
