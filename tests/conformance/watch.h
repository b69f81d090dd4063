/* SPDX-License-Identifier: Apache-2.0 */
/* Notifiers and listeners in a line each, and what the listeners' endpoints saw. Every listener has a name, by which its
 * sights are told from others'. */
#ifndef WATCH_H
#define WATCH_H

#include <ostler/listener.h>
#include <ostler/notifier.h>

#include <json-c/json.h>

enum { WATCH_NAME = 32, WATCH_IDS = 32768 };

/* One notification as an endpoint saw it. */
struct sight {
    char who[WATCH_NAME];
    enum ostler_priority method; /* the one that was called */
    enum ostler_priority priority;
    char event_type[64], publisher_id[64], message_id[64], timestamp[64];
    char *payload, *context; /* JSON texts */
    size_t batch;            /* how many came with it */
};

/* Endpoints with a method for each priority: for single ones, for batches, and with a filter: publisher "good.*", event
 * types that begin "wanted", payload member "kind" that begins "a". */
extern const struct ostler_endpoint_ops watch_endpoint;
extern const struct ostler_endpoint_ops watch_batches;
extern const struct ostler_endpoint_ops watch_filtered;
/* The same as the first for info only. */
extern const struct ostler_endpoint_ops watch_info;

/* A listener with a transport of its own. */
struct watched {
    ostler_transport *transport;
    ostler_listener *listener;
};

/* What `options` (NULL: none) and `ops` (NULL: watch_endpoint) say, on `topics`, ended by NULL (NULL: fixture_topic()). */
struct watched watch_start(const char *who, const char *const *topics, const struct ostler_endpoint_ops *ops,
                           const struct ostler_listener_options *options);
struct watched watch_pool(const char *who, const char *pool);
/* Starts it again after watch_pause(), which stops it and waits for it. */
void watch_resume(struct watched *watched);
void watch_pause(struct watched *watched);
void watch_end(struct watched *watched);

/* A notifier of fixture_topic(), with one driver (NULL: messagingv2) and no more than PATIENCE. */
ostler_notifier *watch_notifier(ostler_transport *transport, const char *driver);
ostler_notifier *watch_notifier_to(ostler_transport *transport, const char *driver, const char *const *topics);
/* Emits "event NUMBER" of priority info with the payload {"id": number}; the status. */
enum ostler_status watch_emit(ostler_notifier *notifier, int number);

/* Whether this transport keeps notifications that nobody listens to. */
bool watch_is_kept(void);

/* Waits until `who` (NULL: everybody) has seen so many; false if not within `seconds`. */
bool watch_await(const char *who, size_t count, double seconds);
size_t watch_count(const char *who);
/* How often this id was handled, whoever did; and how often this listener saw it. */
unsigned watch_handled(int id);
unsigned watch_seen_by(const char *who, int id);
/* Number `i` of what `who` (NULL: everybody) saw; NULL if there are less. It stays. */
const struct sight *watch_sight(const char *who, size_t i);

/* So many more notifications are given back. */
void watch_requeue(unsigned count);
/* Methods wait inside until watch_release(). */
void watch_hold(void);
void watch_release(void);
bool watch_await_held(unsigned count, double seconds);

#endif
