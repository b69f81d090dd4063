/* SPDX-License-Identifier: Apache-2.0 */
#include "emitting.h"

#include "drivers.h"

#include <ostler/log.h>

#include <pthread.h>
#include <stdlib.h>

struct emitting {
    ostler_accepted_fn done;
    void *user;
    pthread_mutex_t lock; /* guards all below */
    size_t pending;       /* places */
    bool shared;          /* there was another place than the sender's */
    enum ostler_status status;
    struct ostler_error error;
};

struct emitting *emitting_new(ostler_accepted_fn done, void *user)
{
    struct emitting *emitting = calloc(1, sizeof *emitting);

    if (!emitting)
        return NULL;
    emitting->done = done;
    emitting->user = user;
    emitting->pending = 1;
    pthread_mutex_init(&emitting->lock, NULL);
    return emitting;
}

static void free_emitting(struct emitting *emitting)
{
    pthread_mutex_destroy(&emitting->lock);
    ostler_error_clear(&emitting->error);
    free(emitting);
}

void emitting_add(struct emitting *emitting)
{
    pthread_mutex_lock(&emitting->lock);
    emitting->pending++;
    emitting->shared = true;
    pthread_mutex_unlock(&emitting->lock);
}

void emitting_drop(struct emitting *emitting)
{
    pthread_mutex_lock(&emitting->lock);
    emitting->pending--;
    pthread_mutex_unlock(&emitting->lock);
}

static void tell(struct emitting *emitting)
{
    if (emitting->done)
        emitting->done(emitting->user, emitting->status, emitting->status == OSTLER_OK ? NULL : &emitting->error);
    else if (emitting->status != OSTLER_OK)
        ostler_log(OSTLER_LOG_WARNING, "notifier", "%s",
                   emitting->error.message ? emitting->error.message : ostler_status_text(emitting->status));
    free_emitting(emitting);
}

void emitting_end(struct emitting *emitting, enum ostler_status status, struct ostler_error *failure)
{
    pthread_mutex_lock(&emitting->lock);
    drivers_collect(status, failure, &emitting->status, &emitting->error);
    bool last = --emitting->pending == 0;
    pthread_mutex_unlock(&emitting->lock);
    if (last)
        tell(emitting);
}

bool emitting_give_up(struct emitting *emitting)
{
    pthread_mutex_lock(&emitting->lock);
    bool alone = !emitting->shared;
    pthread_mutex_unlock(&emitting->lock);
    if (alone)
        free_emitting(emitting);
    return alone;
}
