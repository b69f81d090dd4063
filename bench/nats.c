/* SPDX-License-Identifier: Apache-2.0 */
/* The NATS C client with nats-server. A request is the JSON text {"method", "args"}, as an RPC framework would send it:
 * the server parses it and builds the reply, which the client parses (rpc_text.h). --variant bytes leaves that out. --url is
 * nats-server's. Requests of one thread after the other go through natsConnection_Request(); many under way share one
 * subscription for all replies, whose subjects carry the number of the call. What is no call is published, and answered by
 * nobody; with --variant answered its one receiver answers without a body, so that the sender knows that it has it. */
#include "contest.h"
#include "rpc_text.h"

#include <errno.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000, INBOX_MAX = 96, NO_LIMIT = -1 };

struct nats {
    const struct contest_options *options;
    natsConnection *connection;
    bool bytes;    /* payloads are texts, no JSON */
    bool answered; /* by every receiver */
    struct counter *counter;
};

struct lane {
    struct nats *nats;
    struct rpc_text *text;
};

static void must(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        contest_die("%s: %s", what, natsStatus_GetText(status));
}

static const char *subject_of(const struct contest_options *options, unsigned number, char subject[INBOX_MAX])
{
    if (options->kind == CONTEST_CALL || options->kind == CONTEST_CAST)
        snprintf(subject, INBOX_MAX, "bench.server.%u", number);
    else
        snprintf(subject, INBOX_MAX, "bench.all");
    return subject;
}

static struct nats *connect_to(const struct contest_options *options)
{
    struct nats *nats = calloc(1, sizeof *nats);
    natsOptions *settings = NULL;

    if (!nats)
        contest_die("no memory");
    nats->options = options;
    nats->bytes = strcmp(options->variant, "bytes") == 0;
    nats->answered = options->kind == CONTEST_CALL || strcmp(options->variant, "answered") == 0;
    if (!nats->answered && options->in_flight > 1 && options->threads == 1)
        contest_die("nothing is under way where nobody answers: --variant answered");
    if (nats->answered && options->kind == CONTEST_FANOUT)
        contest_die("one receiver answers, not all of them");
    must(natsOptions_Create(&settings), "natsOptions_Create");
    must(natsOptions_SetURL(settings, options->url), options->url);
    /* Alone a message leaves at once; with others it is better gathered. */
    must(natsOptions_SetSendAsap(settings, nats->answered && options->in_flight == 1), "SetSendAsap");
    must(natsConnection_Connect(&nats->connection, settings), options->url);
    natsOptions_Destroy(settings);
    return nats;
}

/* --- The server ------------------------------------------------------------------------------------------------------- */

/* Of one subscription, so in one thread. */
static void serve_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *user)
{
    struct lane *lane = user;
    const char *reply = natsMsg_GetReply(message), *body = natsMsg_GetData(message);
    size_t size = (size_t)natsMsg_GetDataLength(message);

    (void)subscription;
    if (!lane->nats->bytes)
        body = rpc_text_answer(lane->text, body, size, &size);
    if (lane->nats->counter) {
        counter_add(lane->nats->counter, lane->nats->options->number);
        size = 0;
    }
    if (reply)
        must(natsConnection_Publish(connection, reply, body, (int)size), "natsConnection_Publish");
    natsMsg_Destroy(message);
}

static void serve(const struct contest_options *options)
{
    struct lane lane = {.nats = connect_to(options), .text = rpc_text_new(options->payload)};
    natsSubscription *subscription;
    char subject[INBOX_MAX];

    if (options->kind != CONTEST_CALL && !(lane.nats->counter = counter_open(options->counter)))
        contest_die("%s: %s", options->counter, strerror(errno));
    must(natsConnection_Subscribe(&subscription, lane.nats->connection, subject_of(options, options->number, subject),
                                  serve_message, &lane),
         "natsConnection_Subscribe");
    must(natsSubscription_SetPendingLimits(subscription, NO_LIMIT, NO_LIMIT), "SetPendingLimits");
    must(natsConnection_Flush(lane.nats->connection), "natsConnection_Flush");
    contest_ready();
    for (;;)
        pause();
}

/* --- The client ------------------------------------------------------------------------------------------------------- */

static void *open_shared(const struct contest_options *options)
{
    return connect_to(options);
}

static void close_shared(void *user)
{
    struct nats *nats = user;

    natsConnection_Destroy(nats->connection);
    free(nats);
    nats_Close();
}

static void *lane_open(const struct contest_options *options, void *shared, unsigned number)
{
    struct lane *lane = calloc(1, sizeof *lane);

    (void)number;
    if (!lane)
        contest_die("no memory");
    lane->nats = shared;
    lane->text = rpc_text_new(options->payload);
    return lane;
}

static void lane_close(void *user)
{
    struct lane *lane = user;

    rpc_text_free(lane->text);
    free(lane);
}

static const char *request_of(struct lane *lane, size_t *size)
{
    if (!lane->nats->bytes)
        return rpc_text_request(lane->text, size);
    return rpc_text_payload(lane->text, size);
}

static bool is_answer(struct lane *lane, natsMsg *message)
{
    size_t size = (size_t)natsMsg_GetDataLength(message);

    if (lane->nats->options->kind != CONTEST_CALL)
        return size == 0 && !natsMsg_IsNoResponders(message);
    if (lane->nats->bytes)
        return size == lane->nats->options->payload;
    return rpc_text_is_answer(lane->text, natsMsg_GetData(message), size);
}

static bool once(void *user)
{
    struct lane *lane = user;
    natsConnection *connection = lane->nats->connection;
    natsMsg *answer = NULL;
    char subject[INBOX_MAX];
    size_t size;
    const char *request = request_of(lane, &size);

    subject_of(lane->nats->options, 0, subject);
    if (!lane->nats->answered)
        return natsConnection_Publish(connection, subject, request, (int)size) == NATS_OK;
    if (natsConnection_Request(&answer, connection, subject, request, (int)size, TIMEOUT_MS) != NATS_OK)
        return false;
    bool good = is_answer(lane, answer);
    natsMsg_Destroy(answer);
    return good;
}

/* --- Many calls under way --------------------------------------------------------------------------------------------- */

struct flow {
    struct lane *lane, *answering; /* what the first calls are made with, and those made by the subscription's thread */
    struct run *run;
    struct tally *tally;
    uint64_t *began;
    char inbox[INBOX_MAX];
    size_t inbox_length;
    pthread_mutex_t lock; /* guards under_way */
    pthread_cond_t ended;
    unsigned under_way;
};

static void one_less(struct flow *flow)
{
    pthread_mutex_lock(&flow->lock);
    if (--flow->under_way == 0)
        pthread_cond_signal(&flow->ended);
    pthread_mutex_unlock(&flow->lock);
}

static void begin_call(struct flow *flow, struct lane *lane, unsigned call)
{
    char subject[INBOX_MAX], reply[INBOX_MAX + 16];
    size_t size;

    flow->began[call] = run_clock();
    const char *request = request_of(lane, &size);
    snprintf(reply, sizeof reply, "%s.%u", flow->inbox, call);
    must(natsConnection_PublishRequest(lane->nats->connection, subject_of(lane->nats->options, 0, subject), reply,
                                       request, (int)size),
         "natsConnection_PublishRequest");
}

static void take_answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *user)
{
    struct flow *flow = user;
    unsigned long call = strtoul(natsMsg_GetSubject(message) + flow->inbox_length + 1, NULL, 10);

    (void)connection;
    (void)subscription;
    if (call >= flow->lane->nats->options->in_flight)
        contest_die("an answer to nothing that was asked");
    tally_add(flow->tally, is_answer(flow->answering, message), flow->began[call]);
    natsMsg_Destroy(message);
    if (run_goes_on(flow->run))
        begin_call(flow, flow->answering, (unsigned)call);
    else
        one_less(flow);
}

static void window(void *user, struct run *run, struct tally *tally)
{
    struct lane *lane = user;
    const struct contest_options *options = lane->nats->options;
    struct flow flow = {.lane = lane,
                        .answering = lane_open(options, lane->nats, 0),
                        .run = run,
                        .tally = tally,
                        .began = calloc(options->in_flight, sizeof(uint64_t)),
                        .under_way = options->in_flight};
    natsSubscription *subscription;
    natsInbox *inbox;
    char all[INBOX_MAX + 4];

    if (!flow.began)
        contest_die("no memory");
    pthread_mutex_init(&flow.lock, NULL);
    pthread_cond_init(&flow.ended, NULL);
    must(natsInbox_Create(&inbox), "natsInbox_Create");
    snprintf(flow.inbox, sizeof flow.inbox, "%s", inbox);
    flow.inbox_length = strlen(flow.inbox);
    natsInbox_Destroy(inbox);
    snprintf(all, sizeof all, "%s.*", flow.inbox);
    must(natsConnection_Subscribe(&subscription, lane->nats->connection, all, take_answer, &flow), "Subscribe");
    for (unsigned call = 0; call < options->in_flight; call++) {
        if (run_goes_on(run))
            begin_call(&flow, lane, call);
        else
            one_less(&flow);
    }
    pthread_mutex_lock(&flow.lock);
    while (flow.under_way > 0)
        pthread_cond_wait(&flow.ended, &flow.lock);
    pthread_mutex_unlock(&flow.lock);
    natsSubscription_Destroy(subscription);
    pthread_cond_destroy(&flow.ended);
    pthread_mutex_destroy(&flow.lock);
    lane_close(flow.answering);
    free(flow.began);
}

int main(int argc, char **argv)
{
    static const struct contestant nats = {.name = "nats",
                                           .serve = serve,
                                           .open = open_shared,
                                           .close = close_shared,
                                           .lane_open = lane_open,
                                           .lane_close = lane_close,
                                           .once = once,
                                           .window = window,
                                           .has_window_of_confirms = true};

    return contest_main(argc, argv, &nats);
}
