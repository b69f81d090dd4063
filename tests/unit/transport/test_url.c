/* SPDX-License-Identifier: Apache-2.0 */
#include "url_parts.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static ostler_url *parsed(const char *text)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_url *url = NULL;

    cr_assert_eq(ostler_url_parse(text, &url, &error), OSTLER_OK, "%s", error.message);
    return url;
}

static const struct ostler_url_host *only_host(const ostler_url *url)
{
    size_t count;
    const struct ostler_url_host *hosts = ostler_url_hosts(url, &count);

    cr_assert_eq(count, 1);
    return hosts;
}

/* Parsing @p text fails, and the message has @p part in it. */
static void expect_refused(const char *text, const char *part)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_url *url = (ostler_url *)&error;

    cr_assert_eq(ostler_url_parse(text, &url, &error), OSTLER_E_URL, "%s", text);
    cr_assert_eq((void *)url, (void *)&error, "the output is touched");
    cr_expect_not_null(strstr(error.message, part), "%s", error.message);
    ostler_error_clear(&error);
}

static void expect_text(char *text, const char *expected)
{
    cr_assert_not_null(text);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(url, every_part_is_found)
{
    ostler_url *url = parsed("Rabbit+TLS://bob:p%40ss@h1:5672,[::1]:5673/v%2Fh/x?ssl=true&x=1&x=a+b#gone");
    size_t count;

    cr_expect_str_eq(ostler_url_scheme(url), "rabbit+tls");
    cr_expect_str_eq(ostler_url_driver(url), "rabbit");
    cr_expect_str_eq(ostler_url_virtual_host(url), "v/h/x");

    const struct ostler_url_host *hosts = ostler_url_hosts(url, &count);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(hosts[0].hostname, "h1");
    cr_expect_eq(hosts[0].port, 5672);
    cr_expect_str_eq(hosts[0].username, "bob");
    cr_expect_str_eq(hosts[0].password, "p@ss");
    cr_expect_str_eq(hosts[1].hostname, "::1");
    cr_expect_eq(hosts[1].port, 5673);
    cr_expect_null(hosts[1].username);
    cr_expect_null(hosts[1].password);

    const struct ostler_url_option *options = ostler_url_options(url, &count);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(options[0].name, "ssl");
    cr_expect_str_eq(options[1].value, "1,a b");
    cr_expect_str_eq(ostler_url_query(url, "x"), "1,a b");
    cr_expect_null(ostler_url_query(url, "y"));
    ostler_url_free(url);
}

Test(url, a_folder_is_the_virtual_host)
{
    ostler_url *url = parsed("nanomsg:///run/ostler");
    size_t count;

    ostler_url_hosts(url, &count);
    cr_expect_eq(count, 0);
    cr_expect_str_eq(ostler_url_virtual_host(url), "run/ostler");
    ostler_url_free(url);
}

Test(url, absent_and_empty_differ)
{
    static const struct {
        const char *text, *virtual_host, *hostname, *username, *password;
    } rows[] = {
        {"x://h", NULL, "h", NULL, NULL},       {"x://h/", "", "h", NULL, NULL},
        {"x://h//", "/", "h", NULL, NULL},      {"x://u@h", NULL, "h", "u", NULL},
        {"x://u:@h", NULL, "h", "u", ""},       {"x://:p@h", NULL, "h", "", "p"},
        {"x://u:p@", NULL, NULL, "u", "p"},     {"x://@h", NULL, "h", "", NULL},
        {"x://:5672", NULL, "", NULL, NULL},    {"x://u@b:p@h", NULL, "h", "u@b", "p"},
        {"x://u:p:q@h", NULL, "h", "u", "p:q"},
    };
#define SAME(a, b) ((a) && (b) ? strcmp(a, b) == 0 : (a) == (b))

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ostler_url *url = parsed(rows[i].text);
        const struct ostler_url_host *host = only_host(url);
        cr_expect(SAME(ostler_url_virtual_host(url), rows[i].virtual_host), "%s", rows[i].text);
        cr_expect(SAME(host->hostname, rows[i].hostname), "%s", rows[i].text);
        cr_expect(SAME(host->username, rows[i].username), "%s", rows[i].text);
        cr_expect(SAME(host->password, rows[i].password), "%s", rows[i].text);
        ostler_url_free(url);
    }
}

Test(url, ports)
{
    static const struct {
        const char *text;
        int port;
    } rows[] = {{"x://h", -1},         {"x://h:", -1},         {"x://h:0", 0},
                {"x://h:05672", 5672}, {"x://h:65535", 65535}, {"x://[::1]", -1},
                {"x://[::1]:", -1},    {"x://::1", -1},        {"x://h:0000065535", 65535}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ostler_url *url = parsed(rows[i].text);
        cr_expect_eq(only_host(url)->port, rows[i].port, "%s", rows[i].text);
        ostler_url_free(url);
    }
}

Test(url, what_is_wrong_is_said)
{
    expect_refused("", "no scheme specified");
    expect_refused("localhost", "no scheme specified");
    expect_refused("://h", "no scheme specified");
    expect_refused("1x://h", "no scheme specified");
    expect_refused("x://h:port", "the port of host 1 is not a number");
    expect_refused("x://h,h:-1", "the port of host 2 is not a number");
    expect_refused("x://h:65536", "the port of host 1 is above 65535");
    expect_refused("x://h:99999999999999999999", "the port of host 1 is above 65535");
    expect_refused("x://[::1", "host 1 has no closing \"]\"");
    expect_refused("x://[::1]x", "host 1 goes on after its \"]\"");
    expect_refused("x://[h]", "host 1 has no IPv6 address in its brackets");
    expect_refused("x://h]", "host 1 has a bracket in its name");
    expect_refused("x://10::1%250]", "host 1 has a bracket in its name");
    expect_refused("x://u[1]@h", "brackets before the \"@\" of host 1");
    expect_refused("x://h/%00", "the virtual host holds %00");
    expect_refused("x://u:%FF@h", "a password is not UTF-8");
    expect_refused("x://h?a=%FF", "the value of a query option is not UTF-8");
    expect_refused("x://\xff", "not UTF-8");
    expect_refused(NULL, "no transport URL");
}

Test(url, errors_name_the_url_without_its_password)
{
    expect_refused("x://u:12345678/vh", "transport URL \"x://u:***\": the port of host 1");
    expect_refused("x://u:secret@h:port/vh", "transport URL \"x://u:***@h:***\": the port of host 1");
}

Test(url, an_error_without_an_object_is_a_status)
{
    ostler_url *url = NULL;

    cr_expect_eq(ostler_url_parse("h", &url, NULL), OSTLER_E_URL);
    cr_expect_null(url);
}

/* "x://" and @p count times @p item. */
static char *repeated(const char *begin, const char *item, size_t count)
{
    char *text = malloc(strlen(begin) + strlen(item) * count + 1);

    cr_assert_not_null(text);
    char *end = stpcpy(text, begin);
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, item);
    return text;
}

static void expect_bound(const char *begin, const char *item, size_t count, const char *part)
{
    char *most = repeated(begin, item, count);
    char *more = repeated(begin, item, count + 1);

    ostler_url_free(parsed(most));
    expect_refused(more, part);
    free(most);
    free(more);
}

Test(url, bounds_hold)
{
    expect_bound("x://", "h,", URL_HOSTS_MAX, "more than 256 hosts");
    expect_bound("x://?", "a=b&", URL_OPTIONS_MAX, "more than 256 query options");
    expect_bound("x://h/", "v", URL_TEXT_MAX - 6, "more than 65536 bytes");
}

Test(url, a_long_url_is_cut_in_the_message)
{
    char *text = repeated("x://[/", "v", 5000);
    struct ostler_error error = OSTLER_ERROR_INIT;
    ostler_url *url = NULL;

    cr_assert_eq(ostler_url_parse(text, &url, &error), OSTLER_E_URL);
    cr_expect_lt(strlen(error.message), 500);
    cr_expect_not_null(strstr(error.message, "vvv...\""));
    ostler_error_clear(&error);
    free(text);
}

Test(url, printing)
{
    static const struct {
        const char *text, *printed, *safe;
    } rows[] = {
        {"x://h", "x://h/", "x://h/"},
        {"x:", "x:///", "x:///"},
        {"x:///run/a b", "x:///run/a%20b", "x:///run/a%20b"},
        {"X+y://u:p@h:1,v@[::1]:2/vh?b=1&a=x+y&b=2", "x+y://u:p@h:1,v@[::1]:2/vh?b=1%2C2&a=x+y",
         "x+y://u:***@h:1,v@[::1]:2/vh?b=1%2C2&a=x+y"},
        {"x://a%2Fb:p%40%3A%C3%A9@h", "x://a%2Fb:p%40%3A%C3%A9@h/", "x://a%2Fb:***@h/"},
        {"x://::1", "x://[::1]/", "x://[::1]/"},
        {"x://:", "x://:/", "x://:/"},
        {"x://h?sasl_Password=s&y=z", "x://h/?sasl_Password=s&y=z", "x://h/?sasl_Password=***&y=z"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ostler_url *url = parsed(rows[i].text);
        ostler_url *again = parsed(rows[i].printed);
        expect_text(ostler_url_print(url), rows[i].printed);
        expect_text(ostler_url_print_safe(url), rows[i].safe);
        cr_expect(ostler_url_equal(url, again), "%s", rows[i].text);
        ostler_url_free(again);
        ostler_url_free(url);
    }
}

Test(url, masking_what_does_not_parse)
{
    static const struct {
        const char *text, *masked;
    } rows[] = {
        {"", ""},
        {"localhost", "localhost"},
        {"u:secret@h", "u:***@h"},
        {"x://u:sec/ret@h:1/vh", "x://u:***@h:1/vh"},
        {"x://u:sec,r@t@h", "x://u:***@h"},
        {"x://h1:1,u:s@h2:2/vh", "x://h1:***@h2:2/vh"},
        {"x://u:secret/vh", "x://u:***"},
        {"x://u:12secret", "x://u:***"},
        {"x:u:s://@h", "x:***@h"},
        {"x://[::1]:secret", "x://[::1]:***"},
        {"x://[::1]:5672,::1,h:1/vh?a=b#c", "x://[::1]:5672,::1,h:1/vh?a=b#c"},
        {"x://h/?password=s&a=b&my_secret=t", "x://h/?password=***&a=b&my_secret=***"},
        {"x://u@h\nforged", "x://u@h forged"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_text(ostler_url_mask(rows[i].text), rows[i].masked);
}

static bool equal(const char *a, const char *b)
{
    ostler_url *first = parsed(a), *second = parsed(b);
    bool answer = ostler_url_equal(first, second);

    cr_expect_eq(ostler_url_equal(second, first), answer, "%s and %s", a, b);
    ostler_url_free(first);
    ostler_url_free(second);
    return answer;
}

Test(url, equality)
{
    cr_expect(equal("x://u:p@h:1/vh?a=b", "X://u:%70@h:01/v%68?c=d"));
    cr_expect(equal("x://h", "x://h/"));
    cr_expect(equal("x://a,,b", "x://a,b"));
    cr_expect_not(equal("x://h", "y://h"));
    cr_expect_not(equal("x://h", "x+y://h"));
    cr_expect_not(equal("x://h/a", "x://h/b"));
    cr_expect_not(equal("x://h", "x://H"));
    cr_expect_not(equal("x://h", "x://h:5672"));
    cr_expect_not(equal("x://a,b", "x://b,a"));
    cr_expect_not(equal("x://a", "x://a,b"));
    cr_expect_not(equal("x://u@h", "x://u:@h"));
    cr_expect_not(equal("x://h", "x://@h"));
}

Test(url, freeing_nothing)
{
    ostler_url_free(NULL);
}
