/* SPDX-License-Identifier: Apache-2.0 */
/* What is accepted is done, and what cannot be done is not piled up. */
#include "check.h"
#include "fixture.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void accepted_casts_run(void)
{
    enum { CASTS = 5000 };
    struct served one = fixture_serve("one"), two = fixture_serve("two");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE);
    size_t accepted = 0;

    fixture_await_server(transport, "one");
    fixture_await_server(transport, "two");
    for (int i = 0; i < CASTS; i++)
        accepted += fixture_cast(client, "mark", fixture_id(i), NULL) == OSTLER_OK;
    EXPECT(accepted == CASTS, "%zu of %d casts were accepted", accepted, CASTS);
    EXPECT(probe_await_runs(accepted, PATIENCE), "%zu casts were accepted, %zu ran", accepted, probe_runs());
    /* What would run once too often does so before what is sent now. */
    EXPECT(fixture_works(client), "afterwards");
    EXPECT(probe_runs() == accepted && probe_most_runs() == 1, "%zu runs of %zu casts", probe_runs(), accepted);
    ostler_client_free(client);
    ostler_transport_unref(transport);
    fixture_end(&one);
    fixture_end(&two);
}

/* Pages of this process, in bytes. */
static size_t resident(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long size = 0, pages = 0;

    REQUIRE(file && fscanf(file, "%lu %lu", &size, &pages) == 2, "/proc/self/statm");
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Sanitizers keep memory that was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MEMORY_IS_TOLD false
#else
#define MEMORY_IS_TOLD true
#endif

/* A server that takes nothing, and a client that sends more than anybody would keep. */
static void memory_is_bounded(void)
{
    enum { CASTS = 60000, BYTES = 4000, BOUND = 128 << 20 };
    struct served served = fixture_serve_with("one", "blocking", NULL);
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, 0.5), *patient = fixture_client(transport, PATIENCE);
    struct outcome held = {0};
    char text[BYTES];
    size_t accepted = 0;

    memset(text, 'x', sizeof text);
    fixture_await_server(transport, "one");
    REQUIRE(fixture_start(patient, "hold", NULL, &held, NULL) == OSTLER_OK, "start");
    REQUIRE(probe_await_holding(1, PATIENCE), "the request does not arrive");
    size_t before = resident();
    enum ostler_status status = OSTLER_OK;
    while (accepted < CASTS && status == OSTLER_OK) {
        struct json_object *args = fixture_id((int64_t)accepted);
        struct json_object *context = fixture_args("text", json_object_new_string_len(text, BYTES));
        status = ostler_client_cast(client, context, "mark", args, NULL);
        accepted += status == OSTLER_OK;
        json_object_put(args);
        json_object_put(context);
    }
    EXPECT(status == OSTLER_OK || status == OSTLER_E_TIMEOUT || status == OSTLER_E_BUSY || status == OSTLER_E_DELIVERY,
           "a full transport said %s", ostler_status_name(status));
    size_t grown = resident() > before ? resident() - before : 0;
    printf("# accepted %zu casts of %d bytes, and grew by %zu kB\n", accepted, BYTES, grown / 1024);
    EXPECT(!MEMORY_IS_TOLD || grown <= BOUND, "grew by %zu MB", grown >> 20);
    probe_release();
    EXPECT(probe_await_runs(accepted, PATIENCE * 2), "%zu casts were accepted, %zu ran", accepted, probe_runs());
    EXPECT(probe_most_runs() <= 1, "one cast ran %u times", probe_most_runs());
    EXPECT(fixture_works(patient), "after a flood");
    ostler_client_free(client);
    ostler_client_free(patient);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

/* The same calls again and again leave nothing behind. */
static void memory_is_flat(void)
{
    enum { WARM = 2000, CALLS = 20000, BOUND = 16 << 20 };
    struct served served = fixture_serve("one");
    ostler_transport *transport = fixture_transport();
    ostler_client *client = fixture_client(transport, PATIENCE), *hasty = fixture_client(transport, 0.0);
    size_t before = 0, wrong = 0;

    fixture_await_server(transport, "one");
    for (int i = 0; i < WARM + CALLS; i++) {
        if (i == WARM)
            before = resident();
        if (i % 10 == 0)
            fixture_call(hasty, "echo", fixture_args("arg", json_object_new_int(i)), NULL, NULL);
        wrong += fixture_call(client, "echo", fixture_args("arg", json_object_new_int(i)), NULL, NULL) != OSTLER_OK;
    }
    size_t grown = resident() > before ? resident() - before : 0;
    EXPECT(wrong == 0, "%zu of %d calls failed", wrong, WARM + CALLS);
    EXPECT(!MEMORY_IS_TOLD || grown <= BOUND, "grew by %zu MB in %d calls", grown >> 20, CALLS);
    ostler_client_free(client);
    ostler_client_free(hasty);
    ostler_transport_unref(transport);
    fixture_end(&served);
}

const struct check check_bounds[] = {
    {"bounds/accepted", "a cast that returned success was accepted by the transport: it runs, once", accepted_casts_run,
     0},
    {"bounds/flood",
     "no peer can make memory grow past what the config allows: a sender waits or is refused, and what "
     "was accepted still runs",
     memory_is_bounded, 240},
    {"bounds/flat", "calls, answered or given up, leave nothing behind", memory_is_flat, 240},
    {.name = NULL},
};
