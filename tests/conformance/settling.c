/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications: acknowledged after the work, given back, left over by listeners that stop or die. */
#include "check.h"
#include "fixture.h"
#include "peer.h"
#include "watch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static void expect_emit(ostler_notifier *notifier, int number)
{
    enum ostler_status status = watch_emit(notifier, number);

    EXPECT(status == OSTLER_OK, "notification %d: %s", number, ostler_status_name(status));
}

static void expect_all_handled(int from, int to)
{
    for (int i = from; i < to; i++)
        EXPECT(watch_handled(i) >= 1, "notification %d was accepted and never handled", i);
}

static bool await_handled(int from, int to, double seconds)
{
    ostler_time deadline = ostler_deadline(seconds);

    for (int i = from; i < to; i++)
        while (watch_handled(i) == 0)
            if (!watch_await(NULL, watch_count(NULL) + 1, 0.05) && ostler_now() > deadline)
                return false;
    return true;
}

/* --- Given back --------------------------------------------------------------------------------------------------- */

static struct watched start_requeuing(const char *who, const char *pool, size_t batch_size)
{
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;

    options.pool = pool;
    options.allow_requeue = true;
    options.batch_size = batch_size;
    options.threads = 1;
    return watch_start(who, NULL, batch_size > 1 ? &watch_batches : &watch_endpoint, &options);
}

static void given_back(void)
{
    struct watched requeues = start_requeuing("one", NULL, 0), other = watch_pool("other", "other");
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    watch_requeue(0);
    expect_emit(notifier, 0);
    EXPECT(watch_await("one", 1, PATIENCE) && watch_await("other", 1, PATIENCE), "the first did not come");
    watch_pause(&other);
    watch_requeue(3);
    expect_emit(notifier, 1);
    EXPECT(watch_await("one", 5, PATIENCE), "what is given back comes again: %zu came", watch_count("one"));
    expect_emit(notifier, 2);
    EXPECT(await_handled(0, 3, PATIENCE), "the rest");
    EXPECT(watch_seen_by("one", 1) == 4 && watch_seen_by("one", 2) == 1, "%u and %u times", watch_seen_by("one", 1),
           watch_seen_by("one", 2));
    EXPECT(watch_seen_by("other", 1) <= 1, "a pool saw what another queue was given back");
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&other);
    watch_end(&requeues);
}

static void not_allowed(void)
{
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    watch_requeue(1);
    expect_emit(notifier, 1);
    EXPECT(watch_await("one", 1, PATIENCE), "it did not come");
    expect_emit(notifier, 2);
    EXPECT(await_handled(2, 3, PATIENCE), "the next did not come");
    EXPECT(watch_seen_by("one", 1) == 1 && watch_handled(1) == 0, "it came again");
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

static void batch_given_back(void)
{
    enum { SIZE = 4 };
    struct watched watched = start_requeuing("batch", NULL, SIZE);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    watch_requeue(1);
    for (int i = 0; i < SIZE; i++)
        expect_emit(notifier, i);
    EXPECT(watch_await("batch", 2 * SIZE, PATIENCE), "%zu came", watch_count("batch"));
    for (int i = 0; i < SIZE; i++)
        EXPECT(watch_seen_by("batch", i) == 2 && watch_handled(i) == 1, "%d was seen %u times", i,
               watch_seen_by("batch", i));
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

/* --- Listeners that come and go ----------------------------------------------------------------------------------- */

static void nobody_listens(void)
{
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL), *once = NULL;
    struct ostler_notifier_options changes = OSTLER_NOTIFIER_OPTIONS_INIT;

    changes.retry = 0;
    REQUIRE(ostler_notifier_prepare(notifier, OSTLER_NOTIFIER_RETRY, &changes, &once, NULL) == OSTLER_OK, "prepare");
    enum ostler_status status = watch_emit(once, 1);
    struct watched watched = watch_start("late", NULL, NULL, NULL);
    if (status == OSTLER_OK)
        EXPECT(watch_await("late", 1, PATIENCE), "it was accepted and did not come");
    else
        EXPECT(status == OSTLER_E_UNDELIVERABLE, "nobody listens: %s", ostler_status_name(status));
    expect_emit(notifier, 2);
    EXPECT(await_handled(2, 3, PATIENCE), "the next did not come");
    ostler_notifier_free(once);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

/* What was accepted while it was stopped comes when it is started again. */
static void stopped_and_started(void)
{
    enum { ROUNDS = 4, EACH = 20 };
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    bool accepted[ROUNDS * EACH] = {false};

    bool kept = watch_is_kept();
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = round * EACH; i < (round + 1) * EACH; i++) {
            if (i == round * EACH + EACH / 2)
                watch_pause(&watched);
            if (i < round * EACH + EACH / 2 || kept)
                accepted[i] = watch_emit(notifier, i) == OSTLER_OK;
        }
        EXPECT(accepted[round * EACH], "round %d: a listener listens, and nothing is accepted", round);
        watch_resume(&watched);
    }
    for (int i = 0; i < ROUNDS * EACH; i++)
        if (accepted[i])
            EXPECT(await_handled(i, i + 1, PATIENCE), "notification %d was accepted and not handled", i);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

static void stop_waits_for_work(void)
{
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);

    watch_hold();
    expect_emit(notifier, 1);
    EXPECT(watch_await_held(1, PATIENCE), "it did not come");
    ostler_listener_stop(watched.listener);
    EXPECT(ostler_listener_wait(watched.listener, 0.1, NULL) == OSTLER_E_TASK_TIMEOUT, "wait left one in work");
    watch_release();
    watch_pause(&watched);
    EXPECT(watch_handled(1) == 1, "%u times", watch_handled(1));
    watch_resume(&watched);
    expect_emit(notifier, 2);
    EXPECT(await_handled(2, 3, PATIENCE), "after a new start");
    EXPECT(watch_seen_by("one", 1) == 1, "what was handled while it stopped came again");
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

/* --- Processes that die ------------------------------------------------------------------------------------------- */

static void killed_in_work(void)
{
    enum { COUNT = 60 };

    peer_require();
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    if (!watch_is_kept())
        check_skip("this transport keeps nothing: what a listener has taken dies with it");
    /* It takes and never ends its work. */
    struct peer doomed = peer_start_listener("hold");
    for (int i = 0; i < COUNT; i++)
        expect_emit(notifier, i);
    peer_kill(&doomed);
    struct watched watched = watch_start("heir", NULL, NULL, NULL);
    EXPECT(await_handled(0, COUNT, PATIENCE), "what a killed listener had in work did not come again");
    expect_all_handled(0, COUNT);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

static void killed_and_followed(void)
{
    peer_require();
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct peer doomed = peer_start_listener("work");

    expect_emit(notifier, 0);
    peer_kill(&doomed);
    struct watched watched = watch_start("heir", NULL, NULL, NULL);
    for (int i = 1; i < 50; i++)
        expect_emit(notifier, i);
    EXPECT(await_handled(1, 50, PATIENCE), "after a listener was killed");
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

/* --- Many at once ------------------------------------------------------------------------------------------------- */

enum { FLOOD_THREADS = 8, FLOOD_EACH = 500 };

struct flooder {
    ostler_notifier *notifier;
    int first;
    pthread_t thread;
};

static void *flood(void *argument)
{
    struct flooder *flooder = argument;

    for (int i = 0; i < FLOOD_EACH; i++)
        expect_emit(flooder->notifier, flooder->first + i);
    return NULL;
}

static void many_at_once(void)
{
    struct watched watched = watch_start("one", NULL, NULL, NULL);
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL);
    struct flooder flooders[FLOOD_THREADS];

    for (int i = 0; i < FLOOD_THREADS; i++) {
        flooders[i] = (struct flooder){.notifier = notifier, .first = i * FLOOD_EACH};
        REQUIRE(pthread_create(&flooders[i].thread, NULL, flood, &flooders[i]) == 0, "no thread");
    }
    for (int i = 0; i < FLOOD_THREADS; i++)
        pthread_join(flooders[i].thread, NULL);
    EXPECT(watch_await("one", FLOOD_THREADS * FLOOD_EACH, PATIENCE), "%zu came", watch_count("one"));
    for (int i = 0; i < FLOOD_THREADS * FLOOD_EACH; i++)
        EXPECT(watch_handled(i) == 1, "%d was handled %u times", i, watch_handled(i));
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

/* A listener that does not work: the sender waits or is told, memory does not grow, and nothing accepted is lost. */
static void slow_listener(void)
{
    enum { TRIES = 3000 };
    struct ostler_listener_options options = OSTLER_LISTENER_OPTIONS_INIT;
    struct ostler_notifier_options changes = OSTLER_NOTIFIER_OPTIONS_INIT;
    ostler_transport *transport = fixture_transport();
    ostler_notifier *notifier = watch_notifier(transport, NULL), *hasty = NULL;
    static bool accepted[TRIES];

    options.threads = 1;
    struct watched watched = watch_start("slow", NULL, NULL, &options);
    changes.timeout = 0.3;
    REQUIRE(ostler_notifier_prepare(notifier, OSTLER_NOTIFIER_TIMEOUT, &changes, &hasty, NULL) == OSTLER_OK, "prepare");
    watch_hold();
    bool full = false;
    for (int i = 0; i < TRIES && !full; i++) {
        enum ostler_status status = watch_emit(hasty, i);
        accepted[i] = status == OSTLER_OK;
        full = status != OSTLER_OK;
        EXPECT(status == OSTLER_OK || status == OSTLER_E_TIMEOUT || status == OSTLER_E_DELIVERY ||
                   status == OSTLER_E_BUSY,
               "number %d: %s", i, ostler_status_name(status));
    }
    watch_release();
    for (int i = 0; i < TRIES; i++)
        if (accepted[i])
            EXPECT(await_handled(i, i + 1, PATIENCE), "number %d was accepted and not handled", i);
    expect_emit(notifier, TRIES);
    EXPECT(await_handled(TRIES, TRIES + 1, PATIENCE), "afterwards");
    ostler_notifier_free(hasty);
    ostler_notifier_free(notifier);
    ostler_transport_unref(transport);
    watch_end(&watched);
}

const struct check check_settling[] = {
    {"settling/requeue", "what is given back comes again to its own queue, and to no other", given_back, 0},
    {"settling/no-requeue", "where that is not allowed it does not", not_allowed, 0},
    {"settling/batch-requeue", "a batch that is given back comes again whole", batch_given_back, 0},
    {"settling/nobody", "success means that it is kept, or else the sender is told that nobody listens", nobody_listens,
     0},
    {"settling/restart", "nothing that was accepted is lost when a listener is stopped and started",
     stopped_and_started, 0},
    {"settling/stop", "a listener that is stopped ends its work, and what it did does not come again",
     stop_waits_for_work, 0},
    {"settling/killed-in-work", "a listener that is killed in mid-work loses nothing where messages are kept",
     killed_in_work, 0},
    {"settling/killed", "after a listener was killed another one gets what comes", killed_and_followed, 0},
    {"settling/many", "thousands from many threads are handled once each", many_at_once, 0},
    {"settling/slow", "a listener that does not work makes senders wait, and nothing accepted is lost", slow_listener,
     0},
    {.name = NULL},
};
