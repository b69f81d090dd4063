/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct ostler_module fake_LTX_ostler_module;
const struct ostler_driver_ops *fake;
static ostler_conf *confs[8];

__attribute__((constructor)) static void find_operations(void)
{
    fake = fake_LTX_ostler_module.ops;
}

__attribute__((destructor)) static void free_confs(void)
{
    for (size_t i = 0; i < sizeof confs / sizeof *confs; i++)
        ostler_conf_unref(confs[i]);
}

static void must(enum ostler_status status, const char *what)
{
    if (status == OSTLER_OK)
        return;
    fprintf(stderr, "%s: %s\n", what, ostler_status_name(status));
    abort();
}

static ostler_conf *make_conf(const char *options)
{
    const struct ostler_option_group *group = fake_LTX_ostler_module.options;
    char text[256];
    size_t i = 0;

    while (confs[i])
        i++;
    must(ostler_conf_new(&confs[i], NULL), "ostler_conf_new");
    ostler_conf_use_environment(confs[i], false);
    snprintf(text, sizeof text, "[fake]\n%s\n", options ? options : "");
    must(ostler_conf_add_text(confs[i], "test", text, NULL), "ostler_conf_add_text");
    must(ostler_conf_declare(confs[i], group->name, group->options, NULL), "ostler_conf_declare");
    return confs[i];
}

ostler_driver_transport *fixture_open(const char *options)
{
    ostler_driver_transport *transport = NULL;
    ostler_url *url = NULL;

    must(ostler_url_parse("fake:", &url, NULL), "ostler_url_parse");
    must(fake->open(make_conf(options), url, &transport, NULL), "open");
    ostler_url_free(url);
    return transport;
}

ostler_driver_listener *fixture_listen(ostler_driver_transport *transport, const char *server)
{
    struct ostler_target target = {.exchange = "exchange", .topic = "topic", .server = server};
    ostler_driver_listener *listener = NULL;

    must(fake->listen(transport, &target, &listener, NULL), "listen");
    return listener;
}

void fixture_end(ostler_driver_listener *listener)
{
    fake->listener_stop(listener);
    fixture_drain(listener);
    fake->listener_close(listener);
}

struct ostler_outgoing fixture_cast(const char *method)
{
    return (struct ostler_outgoing){
        .target = {.exchange = "exchange", .topic = "topic"},
        .message = {.method = method},
        .deadline = OSTLER_NEVER,
        .expiry = OSTLER_NEVER,
        .retry = -1,
    };
}

struct ostler_outgoing fixture_call(const char *method, uint64_t id, double seconds)
{
    struct ostler_outgoing outgoing = fixture_cast(method);

    outgoing.call_id = id;
    outgoing.deadline = outgoing.expiry = ostler_deadline(seconds);
    return outgoing;
}

enum ostler_status fixture_send(ostler_driver_transport *transport, const struct ostler_outgoing *outgoing)
{
    return fake->send(transport, outgoing, NULL, NULL);
}

static void answer(struct ostler_incoming *incoming)
{
    struct ostler_answer answer = {.value = json_object_new_string(incoming->message.method)};

    if (incoming->wants_reply)
        fake->incoming_reply(incoming, &answer, NULL);
    json_object_put(answer.value);
    fake->incoming_free(incoming);
}

const char *fixture_drain(ostler_driver_listener *listener)
{
    static char names[4096];
    struct ostler_incoming *incoming[3];
    size_t count, length = 0;

    names[0] = '\0';
    while ((count = fake->listener_poll(listener, OSTLER_AT_ONCE, incoming, 3)) != 0)
        for (size_t i = 0; i < count; i++) {
            int added =
                snprintf(names + length, sizeof names - length, "%s%s", length ? " " : "", incoming[i]->message.method);
            length += (size_t)added < sizeof names - length ? (size_t)added : 0;
            answer(incoming[i]);
        }
    return names;
}

struct ostler_incoming *fixture_take(ostler_driver_listener *listener)
{
    struct ostler_incoming *incoming = NULL;

    if (fake->listener_poll(listener, ostler_deadline(10.0), &incoming, 1))
        must(fake->incoming_open(incoming, NULL), "incoming_open");
    return incoming;
}

struct ostler_reply fixture_reply(ostler_driver_transport *transport)
{
    struct ostler_reply reply = {.call_id = 0};

    fake->replies_poll(transport, ostler_deadline(10.0), &reply, 1);
    return reply;
}

size_t fixture_waiting(ostler_driver_transport *transport, const char *what)
{
    struct json_object *report = fake->report(transport);
    size_t count = (size_t)json_object_get_int64(json_object_object_get(report, what));

    json_object_put(report);
    return count;
}
