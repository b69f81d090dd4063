/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a call that got no answer. */
#include "publisher_parts.h"

#include <stdio.h>

static const char *fate_words(enum fate fate)
{
    switch (fate) {
    case FATE_OPEN:
        return "the broker has not confirmed the request";
    case FATE_CONFIRMED:
        return "the broker has confirmed the request";
    case FATE_REFUSED:
        return "the broker refused the request";
    case FATE_RETURNED:
        return "no queue took the request";
    case FATE_LOST:
        return "the connection was lost before the broker confirmed the request";
    case FATE_NOT_SENT:
        return "the request was not sent";
    }
    return "";
}

static void add_bool(struct json_object *details, const char *name, bool value)
{
    json_object_object_add(details, name, json_object_new_boolean(value));
}

static void describe(const struct publisher *publisher, const struct known_call *call, unsigned reply_connection,
                     struct json_object *details)
{
    const struct link *link = &publisher->link;
    bool lost = call->epoch != link->epoch || call->fate == FATE_LOST;
    bool replies_lost = call->reply_connection != reply_connection;
    char text[1024];

    add_bool(details, "confirmed", call->fate == FATE_CONFIRMED);
    add_bool(details, "connection_lost", lost);
    add_bool(details, "reply_connection_lost", replies_lost);
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s", fate_words(call->fate),
             lost && call->fate != FATE_LOST ? "; the connection was lost since" : "",
             link->is_up ? (lost ? "; there is a new one" : "") : "; there is no connection to the broker: ",
             link->is_up ? "" : (link->why_down[0] ? link->why_down : "still connecting"),
             link->blocked ? "; the broker blocks publishers: " : "", link->blocked ? link->why_blocked : "",
             replies_lost ? "; the connection for replies was lost since" : "");
    json_object_object_add(details, "explanation", json_object_new_string(text));
}

void publisher_explain(struct publisher *publisher, uint64_t call_id, unsigned reply_connection,
                       struct json_object *details)
{
    link_lock(&publisher->link);
    const struct known_call *call = confirms_find_call(publisher, call_id);

    add_bool(details, "connected", publisher->link.is_up);
    add_bool(details, "blocked", publisher->link.blocked);
    if (call)
        describe(publisher, call, reply_connection, details);
    link_unlock(&publisher->link);
}
