/* SPDX-License-Identifier: Apache-2.0 */
/* sd-bus over a dbus-daemon. A method call with one argument of type string, which sd-bus checks and marshals as it does
 * for everybody; no JSON, D-Bus has types of its own. A connection belongs to one thread: each has its own. Fanout and
 * notifications are signals. --url is the bus's address. */
#include "contest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

enum { NAME_MAX_LENGTH = 64 };
static const char path[] = "/bench", interface[] = "org.ostler.Bench";
static const uint64_t patience_us = 30000000;

struct lane {
    const struct contest_options *options;
    sd_bus *bus;
    const char *payload;
    char server[NAME_MAX_LENGTH];
    struct counter *counter; /* the server's */
};

static void must(int result, const char *what)
{
    if (result < 0)
        contest_die("%s: %s", what, strerror(-result));
}

static struct lane *connect_to(const struct contest_options *options, unsigned server)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (!lane)
        contest_die("no memory");
    lane->options = options;
    lane->payload = contest_payload(options);
    snprintf(lane->server, sizeof lane->server, "org.ostler.Bench.n%u", server);
    must(sd_bus_new(&lane->bus), "sd_bus_new");
    must(sd_bus_set_address(lane->bus, options->url), options->url);
    must(sd_bus_set_bus_client(lane->bus, 1), "sd_bus_set_bus_client");
    must(sd_bus_start(lane->bus), options->url);
    must(sd_bus_set_method_call_timeout(lane->bus, patience_us), "sd_bus_set_method_call_timeout");
    return lane;
}

/* --- The server ------------------------------------------------------------------------------------------------------- */

static int echo(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct lane *lane = user;
    const char *text;
    int result = sd_bus_message_read(message, "s", &text);

    (void)error;
    if (result < 0)
        return result;
    if (lane->counter)
        counter_add(lane->counter, lane->options->number);
    return sd_bus_reply_method_return(message, "s", text);
}

static int take_signal(sd_bus_message *message, void *user, sd_bus_error *error)
{
    struct lane *lane = user;
    const char *text;
    int result = sd_bus_message_read(message, "s", &text);

    (void)error;
    if (result >= 0)
        counter_add(lane->counter, lane->options->number);
    return result;
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0), SD_BUS_METHOD("Echo", "s", "s", echo, SD_BUS_VTABLE_UNPRIVILEGED), SD_BUS_VTABLE_END};

static void serve(const struct contest_options *options)
{
    struct lane *lane = connect_to(options, options->number);

    if (options->kind != CONTEST_CALL && !(lane->counter = counter_open(options->counter)))
        contest_die("%s: %s", options->counter, strerror(errno));
    must(sd_bus_add_object_vtable(lane->bus, NULL, path, interface, vtable, lane), "sd_bus_add_object_vtable");
    must(sd_bus_match_signal(lane->bus, NULL, NULL, path, interface, "Event", take_signal, lane), "match");
    must(sd_bus_request_name(lane->bus, lane->server, 0), lane->server);
    contest_ready();
    for (;;) {
        int result = sd_bus_process(lane->bus, NULL);
        must(result, "sd_bus_process");
        if (result == 0)
            must(sd_bus_wait(lane->bus, UINT64_MAX), "sd_bus_wait");
    }
}

/* --- The client ------------------------------------------------------------------------------------------------------- */

static void *lane_open(const struct contest_options *options, void *shared, unsigned number)
{
    (void)shared;
    (void)number;
    return connect_to(options, 0);
}

static void lane_close(void *user)
{
    struct lane *lane = user;

    sd_bus_flush_close_unref(lane->bus);
    free(lane);
}

static sd_bus_message *new_call(struct lane *lane)
{
    sd_bus_message *message = NULL;

    must(sd_bus_message_new_method_call(lane->bus, &message, lane->server, path, interface, "Echo"), "new_method_call");
    must(sd_bus_message_append_basic(message, 's', lane->payload), "append");
    return message;
}

static bool is_answer(const struct lane *lane, sd_bus_message *answer)
{
    const char *text;

    return !sd_bus_message_is_method_error(answer, NULL) && sd_bus_message_read(answer, "s", &text) >= 0 &&
           strlen(text) == lane->options->payload;
}

static bool call(struct lane *lane)
{
    sd_bus_message *request = new_call(lane), *answer = NULL;
    bool good = sd_bus_call(lane->bus, request, patience_us, NULL, &answer) >= 0 && is_answer(lane, answer);

    sd_bus_message_unref(request);
    sd_bus_message_unref(answer);
    return good;
}

/* Returns when it has left this process: what sd-bus keeps for later is bounded. */
static bool send_one(struct lane *lane)
{
    sd_bus_message *message = NULL;

    if (lane->options->kind == CONTEST_CAST) {
        message = new_call(lane);
        must(sd_bus_message_set_expect_reply(message, 0), "set_expect_reply");
    } else {
        must(sd_bus_message_new_signal(lane->bus, &message, path, interface, "Event"), "new_signal");
        must(sd_bus_message_append_basic(message, 's', lane->payload), "append");
    }
    bool good = sd_bus_send(lane->bus, message, NULL) >= 0 && sd_bus_flush(lane->bus) >= 0;
    sd_bus_message_unref(message);
    return good;
}

static bool once(void *user)
{
    struct lane *lane = user;

    return lane->options->kind == CONTEST_CALL ? call(lane) : send_one(lane);
}

/* --- Many calls under way --------------------------------------------------------------------------------------------- */

struct flow {
    struct lane *lane;
    struct run *run;
    struct tally *tally;
    unsigned under_way;
};

struct slot {
    struct flow *flow;
    uint64_t began;
};

static int slot_done(sd_bus_message *answer, void *user, sd_bus_error *error);

static void begin_call(struct slot *slot)
{
    struct lane *lane = slot->flow->lane;

    slot->began = run_clock();
    sd_bus_message *request = new_call(lane);
    must(sd_bus_call_async(lane->bus, NULL, request, slot_done, slot, patience_us), "sd_bus_call_async");
    sd_bus_message_unref(request);
}

static int slot_done(sd_bus_message *answer, void *user, sd_bus_error *error)
{
    struct slot *slot = user;
    struct flow *flow = slot->flow;

    (void)error;
    tally_add(flow->tally, is_answer(flow->lane, answer), slot->began);
    if (run_goes_on(flow->run))
        begin_call(slot);
    else
        flow->under_way--;
    return 1;
}

static void window(void *user, struct run *run, struct tally *tally)
{
    struct lane *lane = user;
    struct flow flow = {.lane = lane, .run = run, .tally = tally};
    struct slot *slots = calloc(lane->options->in_flight, sizeof *slots);

    if (!slots)
        contest_die("no memory");
    while (flow.under_way < lane->options->in_flight && run_goes_on(run)) {
        slots[flow.under_way].flow = &flow;
        begin_call(&slots[flow.under_way++]);
    }
    while (flow.under_way > 0) {
        int result = sd_bus_process(lane->bus, NULL);
        must(result, "sd_bus_process");
        if (result == 0)
            must(sd_bus_wait(lane->bus, UINT64_MAX), "sd_bus_wait");
    }
    free(slots);
}

int main(int argc, char **argv)
{
    static const struct contestant sdbus = {.name = "sdbus",
                                            .serve = serve,
                                            .lane_open = lane_open,
                                            .lane_close = lane_close,
                                            .once = once,
                                            .window = window};

    return contest_main(argc, argv, &sdbus);
}
