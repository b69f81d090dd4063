/* SPDX-License-Identifier: Apache-2.0 */
/* What rabbitmq-c itself does: texts go through a broker and come back over a reply queue, nobody looks at them.
 * --url is HOST:PORT/NAME, where NAME is the queue's; --variant one of fast (the default), confirmed and naive
 * (rabbit_link.h). */
#include "contest.h"
#include "rabbit_link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct address {
    char host[64];
    int port;
    char name[64];
};

struct lane {
    const struct contest_options *options;
    struct rabbit_link link;
    struct rabbit_message message;
    const char *payload, *exchange;
    char requests[RABBIT_NAME_MAX], answers[RABBIT_NAME_MAX], fanout[RABBIT_NAME_MAX];
};

static struct address address_of(const char *url)
{
    struct address address;

    if (sscanf(url, "%63[^:]:%d/%63s", address.host, &address.port, address.name) != 3)
        contest_die("%s: not HOST:PORT/NAME", url);
    return address;
}

static enum rabbit_mode mode_of(const struct contest_options *options)
{
    if (strcmp(options->variant, "naive") == 0)
        return RABBIT_NAIVE;
    return strcmp(options->variant, "confirmed") == 0 ? RABBIT_CONFIRMED : RABBIT_FAST;
}

static void serve(const struct contest_options *options)
{
    struct address address = address_of(options->url);
    struct rabbit_link link;
    struct rabbit_message message = {.body = NULL};
    struct counter *counter = options->kind == CONTEST_CALL ? NULL : counter_open(options->counter);
    char queue[RABBIT_NAME_MAX], fanout[RABBIT_NAME_MAX];

    if (options->kind != CONTEST_CALL && !counter)
        contest_die("%s: %s", options->counter, strerror(errno));
    snprintf(queue, sizeof queue, "%s.%u", address.name, options->number);
    snprintf(fanout, sizeof fanout, "%s.fanout", address.name);
    rabbit_open(&link, address.host, address.port, mode_of(options), queue,
                options->kind == CONTEST_FANOUT ? fanout : NULL);
    contest_ready();
    for (;;) {
        rabbit_receive(&link, &message);
        if (counter)
            counter_add(counter, options->number);
        else
            rabbit_publish(&link, "", message.reply_to, message.id, NULL, message.body, message.length);
    }
}

static void *lane_open(const struct contest_options *options, void *shared, unsigned number)
{
    struct address address = address_of(options->url);
    struct lane *lane = calloc(1, sizeof *lane);

    (void)shared;
    if (!lane)
        contest_die("no memory");
    lane->options = options;
    lane->payload = contest_payload(options);
    snprintf(lane->requests, sizeof lane->requests, "%s.0", address.name);
    snprintf(lane->answers, sizeof lane->answers, "%s.answers.%u", address.name, number);
    snprintf(lane->fanout, sizeof lane->fanout, "%s.fanout", address.name);
    lane->exchange = options->kind == CONTEST_FANOUT ? lane->fanout : "";
    rabbit_open(&lane->link, address.host, address.port, mode_of(options), lane->answers, NULL);
    return lane;
}

static void lane_close(void *user)
{
    struct lane *lane = user;

    rabbit_close(&lane->link);
    free(lane->message.body);
    free(lane);
}

static void send_one(struct lane *lane, unsigned call)
{
    bool answered = lane->options->kind == CONTEST_CALL;
    char id[16];

    snprintf(id, sizeof id, "%u", call);
    rabbit_publish(&lane->link, lane->exchange, lane->options->kind == CONTEST_FANOUT ? "" : lane->requests, id,
                   answered ? lane->answers : NULL, lane->payload, lane->options->payload);
}

static bool once(void *user)
{
    struct lane *lane = user;

    send_one(lane, 0);
    if (lane->options->kind != CONTEST_CALL) {
        rabbit_await_confirms(&lane->link);
        return true;
    }
    rabbit_receive(&lane->link, &lane->message);
    return lane->message.length == lane->options->payload;
}

static void window(void *user, struct run *run, struct tally *tally)
{
    struct lane *lane = user;
    unsigned in_flight = lane->options->in_flight, under_way = 0;
    uint64_t *began = calloc(in_flight, sizeof *began);

    if (!began)
        contest_die("no memory");
    while (under_way < in_flight && run_goes_on(run)) {
        began[under_way] = run_clock();
        send_one(lane, under_way++);
    }
    while (under_way > 0) {
        rabbit_receive(&lane->link, &lane->message);
        unsigned long call = strtoul(lane->message.id, NULL, 10);
        if (call >= in_flight)
            contest_die("an answer to nothing that was asked");
        tally_add(tally, lane->message.length == lane->options->payload, began[call]);
        if (run_goes_on(run)) {
            began[call] = run_clock();
            send_one(lane, (unsigned)call);
        } else {
            under_way--;
        }
    }
    free(began);
}

int main(int argc, char **argv)
{
    static const struct contestant rabbit = {.name = "raw_rabbit",
                                             .serve = serve,
                                             .lane_open = lane_open,
                                             .lane_close = lane_close,
                                             .once = once,
                                             .window = window};

    return contest_main(argc, argv, &rabbit);
}
