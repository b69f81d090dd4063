/* SPDX-License-Identifier: Apache-2.0 */
/* What a link says of a broker that does not let it in. */
#include "link.h"

#include <ostler/log.h>

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000 };

static const struct rabbit_options options = {.retry_interval = 3600, .interval_max = 3600};
static const struct link_handlers handlers;

/* A peer that takes connections, and what the link to it has logged. */
struct fixture {
    int listener;
    ostler_url *url;
    struct link link;
    sem_t logged;
    char text[512]; /* the first line */
    unsigned lines;
};

static void note(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    struct fixture *fixture = user;

    (void)level;
    (void)module;
    if (fixture->lines++ == 0)
        snprintf(fixture->text, sizeof fixture->text, "%s", text);
    sem_post(&fixture->logged);
}

/* The connection, once the link has begun to log in. */
static int begin(struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct pollfd wanted = {.fd = -1, .events = POLLIN};
    char text[64];

    *fixture = (struct fixture){.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    cr_assert_eq(bind(fixture->listener, (struct sockaddr *)&address, size), 0);
    cr_assert_eq(listen(fixture->listener, 1), 0);
    cr_assert_eq(getsockname(fixture->listener, (struct sockaddr *)&address, &size), 0);
    cr_assert_eq(sem_init(&fixture->logged, 0, 0), 0);
    snprintf(text, sizeof text, "rabbit://127.0.0.1:%d/", ntohs(address.sin_port));
    cr_assert_eq(ostler_url_parse(text, &fixture->url, NULL), OSTLER_OK);
    ostler_log_set_sink(note, fixture);
    cr_assert_eq(link_start(&fixture->link, &options, fixture->url, &handlers, NULL, "testing", -1, NULL), OSTLER_OK);
    wanted.fd = accept(fixture->listener, NULL, NULL);
    cr_assert_geq(wanted.fd, 0);
    cr_assert_eq(poll(&wanted, 1, PATIENCE_MS), 1, "it does not log in");
    return wanted.fd;
}

static void end(struct fixture *fixture)
{
    ostler_log_set_sink(NULL, NULL);
    sem_destroy(&fixture->logged);
    ostler_url_free(fixture->url);
    close(fixture->listener);
}

Test(link, a_login_that_is_given_up_has_not_failed, .timeout = 60)
{
    struct fixture fixture;
    int peer = begin(&fixture);

    link_stop(&fixture.link);
    cr_expect_eq(fixture.lines, 0, "%s", fixture.text);
    close(peer);
    end(&fixture);
}

Test(link, a_login_that_fails_is_told, .timeout = 60)
{
    struct fixture fixture;
    int peer = begin(&fixture);

    close(peer);
    sem_wait(&fixture.logged);
    link_stop(&fixture.link);
    cr_expect(strstr(fixture.text, "no connection for testing: 127.0.0.1:"), "%s", fixture.text);
    cr_expect(strstr(fixture.text, "login as guest"), "%s", fixture.text);
    cr_expect_eq(fixture.lines, 1);
    end(&fixture);
}
