/* SPDX-License-Identifier: Apache-2.0 */
#include "roster.h"

#include <json-c/json.h>

void roster_begin(struct roster *roster)
{
    pthread_mutex_lock(&roster->lock);
}

void roster_end(struct roster *roster, const struct deployment *deployment)
{
    roster->deployment = deployment;
    pthread_mutex_unlock(&roster->lock);
}

/* Takes @p value. */
static bool put(json_object *object, const char *name, json_object *value)
{
    if (value && json_object_object_add(object, name, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

/* Takes @p text. */
static bool append(json_object *array, json_object *text)
{
    if (text && json_object_array_add(array, text) == 0)
        return true;
    json_object_put(text);
    return false;
}

static json_object *topics_of(const struct hosted *hosted)
{
    json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (size_t i = 0; whole && i < hosted->target_count; i++)
        whole = append(array, json_object_new_string(hosted->targets[i].topic));
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}

static json_object *priorities_of(const struct hosted *hosted)
{
    json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (unsigned i = 0; whole && i < OSTLER_PRIORITIES; i++)
        if (hosted_priorities(hosted) & (1u << i))
            whole = append(array, json_object_new_string(ostler_priority_name((enum ostler_priority)i)));
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}

static json_object *endpoints_of(const struct hosted *hosted)
{
    json_object *array = json_object_new_array();
    bool whole = array != NULL;

    for (size_t i = 0; whole && i < hosted->endpoint_count; i++)
        whole = append(array, json_object_new_string(hosted->endpoints[i].name));
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}

static json_object *listener_of(const struct hosted *hosted)
{
    json_object *object = json_object_new_object();

    if (object && put(object, "section", json_object_new_string(hosted->section)) &&
        put(object, "exchange", json_object_new_string(hosted->targets[0].exchange)) &&
        put(object, "topics", topics_of(hosted)) && put(object, "priorities", priorities_of(hosted)) &&
        (hosted->pool ? put(object, "pool", json_object_new_string(hosted->pool))
                      : json_object_object_add(object, "pool", NULL) == 0) &&
        put(object, "url", json_object_new_string(ostler_transport_url(hosted->transport))) &&
        put(object, "endpoints", endpoints_of(hosted)) && put(object, "stats", hosted->kind->stats(hosted->running)))
        return object;
    json_object_put(object);
    return NULL;
}

json_object *roster_listeners(struct roster *roster)
{
    json_object *array = json_object_new_array();
    bool whole = array != NULL;

    pthread_mutex_lock(&roster->lock);
    for (size_t i = 0; whole && roster->deployment && i < roster->deployment->hosted_count; i++)
        if (roster->deployment->hosted[i].kind == &hosted_listener)
            whole = append(array, listener_of(&roster->deployment->hosted[i]));
    pthread_mutex_unlock(&roster->lock);
    if (whole)
        return array;
    json_object_put(array);
    return NULL;
}
