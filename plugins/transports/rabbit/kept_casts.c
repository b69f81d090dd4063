/* SPDX-License-Identifier: Apache-2.0 */
/* Casts and notifications whose senders do not wait, kept until the broker has confirmed them: published again where a sender
 * that waits would do so itself. */
#include "publisher_parts.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* Senders wait while more is kept. */
#define MOST_BYTES ((size_t)64 << 20)
/* How long the keeper waits for what is on its way before it declares an exchange. */
#define FLUSH_SECONDS 1.0

/* --- Making ------------------------------------------------------------------------------------------------------- */

static const char *keep_text(char **at, const char *text)
{
    if (!text)
        return NULL;
    char *kept = *at;
    *at = stpcpy(kept, text) + 1;
    return kept;
}

static struct kept_cast *new_cast(const struct post *post, char *body, ostler_time accept_by)
{
    const struct publish *publish = &post->publish;
    size_t size = strlen(publish->exchange) + strlen(publish->routing_key) + UNIQUE_ID + 3 +
                  (post->queue ? strlen(post->queue) + 1 : 0);
    struct kept_cast *cast = calloc(1, sizeof *cast + size);

    if (!cast)
        return NULL;
    char *at = cast->texts;
    cast->post = *post;
    cast->post.publish.exchange = keep_text(&at, publish->exchange);
    cast->post.publish.routing_key = keep_text(&at, publish->routing_key);
    cast->post.publish.body = cast->body = body;
    cast->post.unique_id = keep_text(&at, post->unique_id);
    cast->post.queue = keep_text(&at, post->queue);
    cast->post.call_id = 0;
    cast->call_id = post->call_id;
    cast->attempts = 1;
    cast->refused_until = OSTLER_NEVER;
    cast->accept_by = accept_by;
    return cast;
}

static void cast_free(struct publisher *publisher, struct kept_cast *cast)
{
    if (!cast)
        return;
    publisher->cast_bytes -= cast->post.publish.length;
    free(cast->body);
    free(cast);
}

/* --- Ending, or once more ----------------------------------------------------------------------------------------- */

static void cast_end(struct publisher *publisher, struct kept_cast *cast, enum ostler_status status, const char *reason)
{
    publisher->events.accepted(publisher->events.user, cast->call_id, status, reason);
    cast_free(publisher, cast);
}

static void cast_fail(struct publisher *publisher, struct kept_cast *cast, enum fate fate)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    enum ostler_status status = posting_fate_status(fate, &cast->post, &error);

    cast_end(publisher, cast, status, error.message);
    ostler_error_clear(&error);
}

static void cast_again(struct publisher *publisher, struct kept_cast *cast, ostler_time due)
{
    cast->due = due;
    cast->attempts++;
    DL_INSERT_INORDER(publisher->casts, cast, KEPT_LATER);
    link_want_keeper(&publisher->link);
}

static void cast_refused(struct publisher *publisher, struct kept_cast *cast)
{
    if (cast->refused_until == OSTLER_NEVER)
        cast->refused_until = ostler_deadline(PUBLISHER_REFUSED_SECONDS);
    if (ostler_now() >= cast->refused_until)
        cast_fail(publisher, cast, FATE_REFUSED);
    else
        cast_again(publisher, cast, ostler_deadline(PUBLISHER_REFUSED_PAUSE_SECONDS));
}

void kept_cast_settle(struct publisher *publisher, struct kept_cast *cast, enum fate fate)
{
    bool last = cast->post.retry >= 0 && cast->attempts > cast->post.retry;

    if (fate == FATE_CONFIRMED) {
        cast_end(publisher, cast, OSTLER_OK, NULL);
    } else if (fate == FATE_RETURNED && cast->post.queue && !cast->redeclared) {
        /* Its queue has been deleted since it was declared: once more, with a new one. */
        cast->redeclared = true;
        cast->attempts--;
        exchanges_doubt(publisher, &cast->post);
        cast_again(publisher, cast, ostler_now());
    } else if (last || fate == FATE_RETURNED) {
        cast_fail(publisher, cast, fate);
    } else if (fate == FATE_REFUSED) {
        cast_refused(publisher, cast);
    } else {
        cast_again(publisher, cast, ostler_now());
    }
}

/* --- Publishing again, by the keeper ------------------------------------------------------------------------------ */

/* An exchange is declared with nothing else on its way. False if that has to wait. */
static bool may_start(struct publisher *publisher, const struct post *post)
{
    struct link *link = &publisher->link;

    return exchanges_are_ensured(publisher, post) || !link->outbox.length ||
           (link_flush_wait(link, ostler_deadline(FLUSH_SECONDS)) && posting_is_possible(publisher));
}

static void publish_again(struct publisher *publisher, struct kept_cast *cast)
{
    struct ostler_error failure = OSTLER_ERROR_INIT;
    struct unconfirmed *message = posting_start(publisher, &cast->post, &failure);

    if (message) {
        message->cast = cast;
        posting_finish(publisher, &cast->post);
    } else if (!publisher->link.is_up) {
        cast_again(publisher, cast, ostler_now());
    } else {
        cast_end(publisher, cast, failure.status, failure.message);
    }
    ostler_error_clear(&failure);
}

void kept_casts_publish(struct publisher *publisher)
{
    ostler_time now = ostler_now();

    while (publisher->casts && publisher->casts->due <= now && posting_is_possible(publisher)) {
        struct kept_cast *cast = publisher->casts;
        if (cast->accept_by > now && !may_start(publisher, &cast->post))
            return;
        /* Waiting may have changed the list. */
        if (publisher->casts != cast)
            continue;
        DL_DELETE(publisher->casts, cast);
        if (cast->accept_by > now)
            publish_again(publisher, cast);
        else
            cast_fail(publisher, cast, FATE_LOST);
    }
}

void kept_casts_free(struct publisher *publisher)
{
    struct kept_cast *cast, *next;

    for (unsigned i = 0; i < publisher->window; i++)
        cast_free(publisher, publisher->ring[i].cast);
    DL_FOREACH_SAFE (publisher->casts, cast, next) {
        cast_free(publisher, cast);
    }
}

/* --- The first time ----------------------------------------------------------------------------------------------- */

static enum ostler_status wait_for_memory(struct publisher *publisher, ostler_time deadline, struct ostler_error *error)
{
    while (publisher->cast_bytes > MOST_BYTES) {
        if (deadline == OSTLER_AT_ONCE || ostler_now() >= deadline)
            return ostler_error_set(error, deadline == OSTLER_AT_ONCE ? OSTLER_E_BUSY : OSTLER_E_TIMEOUT,
                                    "not sent, %zu bytes are under way unconfirmed", publisher->cast_bytes);
        link_read_wait(&publisher->link, deadline);
    }
    return OSTLER_OK;
}

enum ostler_status publisher_post_kept(struct publisher *publisher, const struct post *post, char *body,
                                       ostler_time deadline, ostler_time accept_by, struct ostler_error *error)
{
    struct kept_cast *cast = new_cast(post, body, accept_by);
    struct unconfirmed *message;

    if (!cast) {
        free(body);
        return ostler_error_set(error, OSTLER_E_NOMEM, "out of memory");
    }
    link_lock(&publisher->link);
    enum ostler_status status = wait_for_memory(publisher, deadline, error);
    publisher->cast_bytes += post->publish.length;
    if (status == OSTLER_OK)
        status = posting_start_when_possible(publisher, &cast->post, deadline, &message, error);
    if (status == OSTLER_OK) {
        message->cast = cast;
        posting_finish(publisher, &cast->post);
    } else {
        cast_free(publisher, cast);
    }
    link_unlock(&publisher->link);
    return status;
}
