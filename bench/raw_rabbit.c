/* SPDX-License-Identifier: Apache-2.0 */
/* What rabbitmq-c itself does: texts go through a broker and come back over a reply queue, nobody looks at them.
 * --url is HOST:PORT/NAME, where NAME is the queue's; --variant one of fast (the default), confirmed, naive,
 * wire and parts of that (rabbit_link.h). Notifications are ready-made ones of priority info to the topic NAME, bytes that oslo.messaging and
 * Ostler read, and what these emit is taken. */
#include "contest.h"
#include "rabbit_link.h"
#include "rabbit_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 32 };

struct address {
    char host[64];
    int port;
    char name[64];
};

struct lane {
    const struct contest_options *options;
    struct rabbit_way way;
    struct rabbit_link link;
    struct rabbit_message message;
    const char *payload, *exchange;
    char requests[RABBIT_NAME_MAX], answers[RABBIT_NAME_MAX], fanout[RABBIT_NAME_MAX];
    char *text;                  /* of the call that is sent, where it is the wire's */
    char *notification, *serial; /* in which each has a number of its own */
    size_t notification_length;
    uint64_t notifications;
};

static struct address address_of(const char *url)
{
    struct address address;

    if (sscanf(url, "%63[^:]:%d/%63s", address.host, &address.port, address.name) != 3)
        contest_die("%s: not HOST:PORT/NAME", url);
    return address;
}

static struct rabbit_place place_of_notifications(const struct address *address, char queue[RABBIT_NAME_MAX])
{
    snprintf(queue, RABBIT_NAME_MAX, "%s.info", address->name);
    return (struct rabbit_place){.queue = queue, .exchange = "openstack", .type = "topic", .is_shared = true};
}

static struct rabbit_place place_of_requests(const struct rabbit_way *way, const char *queue)
{
    if (way->topic)
        return (struct rabbit_place){.queue = queue, .exchange = "openstack", .type = "topic", .is_shared = true};
    return (struct rabbit_place){.queue = queue};
}

static void count_all(struct rabbit_link *link, const struct contest_options *options)
{
    struct counter *counter = counter_open(options->counter);
    struct rabbit_message message = {.body = NULL};

    if (!counter)
        contest_die("%s: %s", options->counter, strerror(errno));
    for (;;) {
        rabbit_receive(link, &message);
        counter_add(counter, options->number);
    }
}

static void answer(struct rabbit_link *link, struct rabbit_message *message)
{
    static char *text;
    static size_t room;
    const char *payload;

    if (!link->way.text) {
        rabbit_publish(link, "", message->reply_to, message->id, NULL, message->body, message->length);
        return;
    }
    if (message->length + RABBIT_TEXT_MORE > room) {
        room = message->length + RABBIT_TEXT_MORE;
        text = realloc(text, room);
        if (!text)
            contest_die("no memory");
    }
    size_t length = rabbit_text_read(message->body, message->length, &payload, message->id, message->reply_to);
    length = rabbit_text_answer(text, payload, length, message->id);
    rabbit_publish(link, "", message->reply_to, message->id, NULL, text, length);
}

static void answer_all(struct rabbit_link *link)
{
    static struct rabbit_message batch[BATCH];

    while (!link->way.acks_first) {
        rabbit_receive(link, &batch[0]);
        answer(link, &batch[0]);
    }
    for (;;) {
        size_t count = rabbit_receive_some(link, batch, BATCH);
        for (size_t i = 0; i < count; i++)
            answer(link, &batch[i]);
        rabbit_flush(link);
    }
}

static void serve(const struct contest_options *options)
{
    struct address address = address_of(options->url);
    struct rabbit_way way = rabbit_way_of(options->variant);
    struct rabbit_link link;
    char queue[RABBIT_NAME_MAX], fanout[RABBIT_NAME_MAX];
    struct rabbit_place place = place_of_requests(&way, queue);

    snprintf(queue, sizeof queue, "%s.%u", address.name, options->number);
    snprintf(fanout, sizeof fanout, "%s.fanout", address.name);
    if (options->kind == CONTEST_FANOUT)
        place = (struct rabbit_place){.queue = queue, .exchange = fanout, .type = "fanout"};
    if (options->kind == CONTEST_NOTIFY)
        place = place_of_notifications(&address, queue);
    place.is_read = true;
    rabbit_open(&link, address.host, address.port, &way, &place);
    contest_ready();
    if (options->kind == CONTEST_CALL)
        answer_all(&link);
    else
        count_all(&link, options);
}

/* Message version 2, as it lies in the queue. */
static void make_notification(struct lane *lane)
{
    static const char format[] =
        "{\"oslo.version\": \"2.0\", \"oslo.message\": \"{\\\"message_id\\\": \\\"%s\\\", "
        "\\\"publisher_id\\\": \\\"bench\\\", \\\"event_type\\\": \\\"bench.event\\\", "
        "\\\"priority\\\": \\\"INFO\\\", \\\"payload\\\": {\\\"arg\\\": \\\"%s\\\"}, "
        "\\\"timestamp\\\": \\\"2026-11-21 05:52:46.435342\\\", \\\"_unique_id\\\": \\\"%032d\\\"}\"}";
    static const char tail[] = "\\\"}\"}";
    static const char id[] = "4b8e1f0a-6c1d-4d0e-9a53-0c7b6d1f2e3a";
    size_t size = sizeof format + sizeof id + lane->options->payload + 64;

    lane->notification = malloc(size);
    if (!lane->notification)
        contest_die("no memory");
    lane->notification_length = (size_t)snprintf(lane->notification, size, format, id, lane->payload, 0);
    lane->serial = lane->notification + lane->notification_length - (sizeof tail - 1) - 16;
}

/* Of the length that the wire's have, and a process's own: some queues outlive it. */
static void name_answers(struct lane *lane, const struct address *address, unsigned number)
{
    char name[sizeof address->name + 30];

    snprintf(name, sizeof name, "%s.answers.%u.%d", address->name, number, (int)getpid());
    snprintf(lane->answers, sizeof lane->answers, "reply_%*s", RABBIT_TEXT_ID, name);
    for (char *at = lane->answers; (at = strchr(at, ' '));)
        *at = '0';
}

static void *lane_open(const struct contest_options *options, void *shared, unsigned number)
{
    struct address address = address_of(options->url);
    struct lane *lane = calloc(1, sizeof *lane);
    struct rabbit_place place = {.is_read = true};

    (void)shared;
    if (!lane)
        contest_die("no memory");
    lane->options = options;
    lane->way = rabbit_way_of(options->variant);
    lane->payload = contest_payload(options);
    snprintf(lane->requests, sizeof lane->requests, "%s.0", address.name);
    name_answers(lane, &address, number);
    snprintf(lane->fanout, sizeof lane->fanout, "%s.fanout", address.name);
    lane->exchange = options->kind == CONTEST_FANOUT ? lane->fanout : lane->way.topic ? "openstack" : "";
    place.queue = lane->answers;
    place.expires = lane->way.expiry;
    lane->text = malloc(options->payload + RABBIT_TEXT_MORE);
    if (!lane->text)
        contest_die("no memory");
    if (options->kind == CONTEST_NOTIFY) {
        place = place_of_notifications(&address, lane->requests);
        lane->exchange = place.exchange;
        lane->notifications = (uint64_t)number << 32;
        make_notification(lane);
    }
    rabbit_open(&lane->link, address.host, address.port, &lane->way, &place);
    return lane;
}

static void lane_close(void *user)
{
    struct lane *lane = user;

    rabbit_close(&lane->link);
    free(lane->message.body);
    free(lane->text);
    free(lane->notification);
    free(lane);
}

static void notify_one(struct lane *lane)
{
    char digits[17];

    snprintf(digits, sizeof digits, "%016llx", (unsigned long long)++lane->notifications);
    memcpy(lane->serial, digits, 16);
    rabbit_publish(&lane->link, lane->exchange, lane->requests, NULL, NULL, lane->notification,
                   lane->notification_length);
}

static void send_one(struct lane *lane, unsigned call)
{
    bool answered = lane->options->kind == CONTEST_CALL;
    const char *body = lane->payload;
    size_t length = lane->options->payload;
    char id[RABBIT_TEXT_ID + 1];

    if (lane->options->kind == CONTEST_NOTIFY) {
        notify_one(lane);
        return;
    }
    snprintf(id, sizeof id, lane->way.text ? "%032u" : "%u", call);
    if (answered && lane->way.text) {
        body = lane->text;
        length = rabbit_text_request(lane->text, lane->payload, length, id, lane->answers);
    }
    rabbit_publish(&lane->link, lane->exchange, lane->options->kind == CONTEST_FANOUT ? "" : lane->requests, id,
                   answered ? lane->answers : NULL, body, length);
}

/* Whether the answer is as long as it should be. */
static bool take_answer(struct lane *lane)
{
    struct rabbit_message *message = &lane->message;
    const char *payload;

    rabbit_receive(&lane->link, message);
    if (!lane->way.text)
        return message->length == lane->options->payload;
    return rabbit_text_read(message->body, message->length, &payload, message->id, NULL) == lane->options->payload;
}

static bool once(void *user)
{
    struct lane *lane = user;

    send_one(lane, 0);
    if (lane->options->kind == CONTEST_CALL)
        return take_answer(lane);
    rabbit_await_confirms(&lane->link);
    return true;
}

static void window_of_calls(struct lane *lane, struct run *run, struct tally *tally)
{
    unsigned in_flight = lane->options->in_flight, under_way = 0;
    uint64_t *began = calloc(in_flight, sizeof *began);

    if (!began)
        contest_die("no memory");
    while (under_way < in_flight && run_goes_on(run)) {
        began[under_way] = run_clock();
        send_one(lane, under_way++);
    }
    while (under_way > 0) {
        bool good = take_answer(lane);
        unsigned long call = strtoul(lane->message.id, NULL, 10);
        if (call >= in_flight)
            contest_die("an answer to nothing that was asked");
        tally_add(tally, good, began[call]);
        if (run_goes_on(run)) {
            began[call] = run_clock();
            send_one(lane, (unsigned)call);
        } else {
            under_way--;
        }
    }
    free(began);
}

/* Messages that nobody answers: so many are unconfirmed. */
static void window_of_confirms(struct lane *lane, struct run *run, struct tally *tally)
{
    uint64_t in_flight = lane->options->in_flight, sent = 0, confirmed = 0;
    uint64_t *began = calloc(in_flight, sizeof *began);

    if (!began)
        contest_die("no memory");
    for (;;) {
        while (sent - confirmed < in_flight && run_goes_on(run)) {
            began[sent++ % in_flight] = run_clock();
            send_one(lane, 0);
        }
        if (sent == confirmed)
            break;
        rabbit_await_confirm(&lane->link);
        while (confirmed < sent - rabbit_unconfirmed(&lane->link))
            tally_add(tally, true, began[confirmed++ % in_flight]);
    }
    free(began);
}

static void window(void *user, struct run *run, struct tally *tally)
{
    struct lane *lane = user;

    if (lane->options->kind == CONTEST_CALL)
        window_of_calls(lane, run, tally);
    else
        window_of_confirms(lane, run, tally);
}

int main(int argc, char **argv)
{
    static const struct contestant rabbit = {.name = "raw_rabbit",
                                             .serve = serve,
                                             .lane_open = lane_open,
                                             .lane_close = lane_close,
                                             .once = once,
                                             .window = window,
                                             .has_window_of_confirms = true};

    return contest_main(argc, argv, &rabbit);
}
