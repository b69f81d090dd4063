/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/driver.h
 * The contract of a transport driver: how messages leave this process and come into it.
 *
 * A driver moves four things: a request out (send), a reply in (replies_poll), a request in (listener_poll) and a reply
 * out (incoming_reply). It knows its wire and its connections; it knows nothing of endpoints, versions, policies or
 * waiting callers. The core keeps the table of calls that wait, their deadlines, and the threads.
 *
 * The driver is *pulled*: a thread of the core sits in listener_poll() or replies_poll(), and the same thread goes on to
 * do the work, so that a driver which can receive in the calling thread costs no hand-off. A driver with a thread of
 * its own (a connection that needs heartbeats) puts what arrives into a bounded queue and lets the poll take it out.
 *
 * Rules that hold for every operation:
 *  - Operations on different objects run at the same time; what may run at the same time on one object is said below.
 *  - No operation is called with a lock of the core held, so each may block as long as its deadline allows.
 *  - Everything passed in is borrowed for the call, unless it says "taken". Everything handed out is owned by the core
 *    until it gives it back to the driver.
 *  - Deadlines are CLOCK_MONOTONIC (<ostler/clock.h>). OSTLER_AT_ONCE must not block.
 *  - Outputs are untouched on failure.
 *  - Memory is bounded: a driver that cannot get rid of messages stops taking them.
 *
 * oslo_messaging/_drivers/base.py is where the vocabulary comes from.
 */
#ifndef OSTLER_DRIVER_H
#define OSTLER_DRIVER_H

#include <ostler/clock.h>
#include <ostler/conf.h>
#include <ostler/module.h>
#include <ostler/target.h>
#include <ostler/url.h>

OSTLER_BEGIN_DECLS

/** A driver's own objects: each driver defines these structs for itself. */
typedef struct ostler_driver_transport ostler_driver_transport;
typedef struct ostler_driver_listener ostler_driver_listener;

/** What travels in a request. */
struct ostler_message {
    const char *method;
    const char *namespace_;      /**< NULL: absent */
    const char *version;         /**< NULL: absent */
    struct json_object *context; /**< an object, or NULL for an empty one */
    struct json_object *args;    /**< an object, or NULL for an empty one */
};

/** A message on its way out. */
struct ostler_outgoing {
    /** exchange and topic are set; fanout and server are honoured; fanout wins over server. */
    struct ostler_target target;
    struct ostler_message message;
    /** Not 0: a reply is wanted, and it must come back through replies_poll() with this id. Unique within the transport
     *  for its lifetime. With fanout (a gather) several replies come. */
    uint64_t call_id;
    /** When to give up sending. */
    ostler_time deadline;
    /** When the request is worthless to a server, because nobody waits any more; OSTLER_NEVER for a cast. */
    ostler_time expiry;
    /** Seconds between signs of life that the caller asks of the server (half of it is the interval); 0 for none.
     *  Only with call_id. oslo.messaging's call_monitor_timeout. */
    double monitor_timeout;
    /** How often to try again when the transport cannot take the message: -1 for ever (until deadline), 0 not. */
    int retry;
    /** Fail with OSTLER_E_UNDELIVERABLE if nobody serves the target. oslo.messaging's TransportOptions. */
    bool at_least_once;
    /** Only with call_id: this thread sends more at once and then calls flush(). A driver may hold the message back until
     *  then, so that several leave together; but not for longer than a few milliseconds, should flush() be late. */
    bool more;
    /** Only with call_id, and if the driver has `accepts_later`: nobody answers. send() returns once the message is under
     *  way; replies_poll() tells whether the transport has accepted it: OSTLER_REPLY_RESULT without a value, or
     *  OSTLER_REPLY_LOST. What has to be sent again meanwhile, the driver sends again. */
    bool acceptance;
    /** Then: when nobody wants to be told any more, and nothing is to be sent again. */
    ostler_time accept_by;
};

/** What a reply is. */
enum ostler_reply_kind {
    OSTLER_REPLY_RESULT,    /**< value is the result; the call is over */
    OSTLER_REPLY_FAILURE,   /**< value is the failure object (class, module, message, tb, args, kwargs); over */
    OSTLER_REPLY_HEARTBEAT, /**< the server still works on it */
    OSTLER_REPLY_LOST       /**< no answer can come any more; status and reason say why; over */
};

/** A reply that came in. */
struct ostler_reply {
    uint64_t call_id;
    enum ostler_reply_kind kind;
    struct json_object *value; /**< taken by the core */
    enum ostler_status status; /**< LOST: usually OSTLER_E_DELIVERY or OSTLER_E_UNDELIVERABLE */
    char *reason;              /**< LOST: a sentence, free()d by the core; may be NULL */
};

/** An answer on its way out. */
struct ostler_answer {
    bool failed;
    struct json_object *value; /**< the result, or the failure object; borrowed; NULL is JSON's null */
};

/** A request that came in. The driver allocates it inside a larger struct of its own, this part first. */
struct ostler_incoming {
    /** Set by listener_poll() or by incoming_open(), texts owned by this object; the two values are the core's to read
     *  until incoming_free(). */
    struct ostler_message message;
    /** Whether the caller waits for a reply. Set by listener_poll() at the latest by incoming_open(). */
    bool wants_reply;
    /** See struct ostler_outgoing; 0 for none. A driver that must not send heartbeats sets 0. */
    double monitor_timeout;
    /** When the caller gives up, in this host's clock, if the wire tells; else OSTLER_NEVER. */
    ostler_time deadline;
    /** For the core; the driver leaves it alone. */
    void *core;
    /** Of a listener that subscribe() made: the notification (an object; its members that begin with "_context_" are in
     *  message.context, without that beginning), the core's to read until incoming_free(). NULL for a request. */
    struct json_object *notification;
};

/** A notification on its way out: it goes to every queue of exchange, topic and priority. */
struct ostler_outgoing_notification {
    const char *exchange;
    const char *topic;
    const char *priority; /**< in lower case */
    /** message_id, publisher_id, event_type, priority, payload, timestamp. */
    struct json_object *message;
    struct json_object *context; /**< an object, or NULL for an empty one */
    /** 1 bare, 2 in an envelope, where the wire knows the difference: the drivers `messaging` and `messagingv2`. */
    int version;
    ostler_time deadline;
    int retry; /**< as struct ostler_outgoing has it */
    /** Not 0 (only if the driver has `accepts_later`): as `acceptance` of struct ostler_outgoing, under this id. */
    uint64_t call_id;
    bool more;             /**< as struct ostler_outgoing has it */
    ostler_time accept_by; /**< as struct ostler_outgoing has it */
};

/** What a listener for notifications takes. */
struct ostler_subscription {
    /** What it subscribes to: count members, no two the same. */
    const struct ostler_subscribed {
        const char *exchange;
        const char *topic;
        const char *priority; /**< in lower case */
    } * subscribed;
    size_t count;
    const char *pool; /**< NULL: none */
    /** How many the listener may hold before it settles the first of them: the size of a batch, else 1. */
    size_t held;
};

/** What to do with a message that is acknowledged after the work (notifications). */
enum ostler_settlement { OSTLER_SETTLE_HANDLED, OSTLER_SETTLE_REQUEUE };

/** A transport driver's operations: the `ops` of a module of kind OSTLER_KIND_TRANSPORT. Every slot is required unless
 *  marked optional. */
struct ostler_driver_ops {
    /** Makes a transport from a URL whose scheme named this driver. @p conf is borrowed until close() returns and has
     *  the module's options declared. Query options of the URL have been checked against the module's first option
     *  group and set above the config. Connections may wait until first use: a peer that is not there yet is no
     *  failure. May block. OSTLER_E_URL, OSTLER_E_CONFIG, OSTLER_E_DRIVER. */
    enum ostler_status (*open)(const ostler_conf *conf, const ostler_url *url, ostler_driver_transport **transport,
                               struct ostler_error *error);

    /** Ends it: sends what was accepted within a short bounded time, closes connections, joins its threads. Called once,
     *  when every listener is closed and every incoming freed and no thread is in any operation. */
    void (*close)(ostler_driver_transport *transport);

    /** Sends a request. OSTLER_OK means that the transport has accepted it (for a broker: confirmed). Blocks until then
     *  or until the deadline; from OSTLER_AT_ONCE, OSTLER_E_BUSY means "would block, nothing sent".
     *  *receivers, if not NULL, gets how many servers it went to; a transport that cannot tell leaves it alone.
     *  Any thread, any number at a time. OSTLER_E_BUSY, OSTLER_E_TIMEOUT (deadline passed, surely not sent),
     *  OSTLER_E_DELIVERY, OSTLER_E_UNDELIVERABLE, OSTLER_E_INVALID (cannot be put on this wire), OSTLER_E_TARGET. */
    enum ostler_status (*send)(ostler_driver_transport *transport, const struct ostler_outgoing *message,
                               unsigned *receivers, struct ostler_error *error);

    /** Waits for at least one reply, a replies_wake(), or the deadline; then hands out up to @p max and returns how
     *  many, 0 after a wake or the deadline. A reply that belongs to none of this transport's ids is dropped here or by
     *  the core, cheaply. One thread at a time; not always the same one. */
    size_t (*replies_poll)(ostler_driver_transport *transport, ostler_time deadline, struct ostler_reply *replies,
                           size_t max);

    /** Makes a replies_poll() that runs now, or else the next one, return soon. Any thread; also from a signal-free
     *  callback; never blocks. */
    void (*replies_wake)(ostler_driver_transport *transport);

    /** A descriptor that polls readable when replies_poll(OSTLER_AT_ONCE) would hand out something; stays the same for
     *  the transport's life. -1 if it cannot be made. The driver keeps owning it. */
    int (*replies_fd)(ostler_driver_transport *transport);

    /** Begins to serve @p target (exchange, topic and server are set): its topic, its server name, and fanout.
     *  Requests are acknowledged as they are taken (at most once). OSTLER_E_LISTEN (for example: the name is taken),
     *  OSTLER_E_TARGET (a name this transport cannot carry). */
    enum ostler_status (*listen)(ostler_driver_transport *transport, const struct ostler_target *target,
                                 ostler_driver_listener **listener, struct ostler_error *error);

    /** Waits for at least one request, a listener_wake(), or the deadline; then hands out up to @p max and returns how
     *  many. Should do no more than take bytes off the wire: incoming_open() does the rest. What arrives broken is
     *  logged and dropped here (or answered with a failure, if it says where to). One thread at a time per listener;
     *  not always the same one. */
    size_t (*listener_poll)(ostler_driver_listener *listener, ostler_time deadline, struct ostler_incoming **incoming,
                            size_t max);

    /** As replies_wake(), for listener_poll(). */
    void (*listener_wake)(ostler_driver_listener *listener);

    /** Takes nothing new off the wire any more; other servers of the topic get it. Requests that are already here can
     *  still be polled, until a poll with OSTLER_AT_ONCE returns 0; the transport makes sure that one which is neither
     *  polled nor refused cannot exist. Does not wait for incoming that were handed out. Once. */
    void (*listener_stop)(ostler_driver_listener *listener);

    /** Frees it, after listener_stop(), when no poll is running. Incoming that were handed out live on and may still be
     *  answered. */
    void (*listener_close)(ostler_driver_listener *listener);

    /** Optional (NULL: listener_poll() has done it): decodes what listener_poll() only took off the wire. Called once,
     *  in the thread that will do the work, many at a time. On failure the core answers with a failure if wants_reply is
     *  set, logs, and frees it. OSTLER_E_INVALID; OSTLER_E_CANCELLED if the same message has been here before. */
    enum ostler_status (*incoming_open)(struct ostler_incoming *incoming, struct ostler_error *error);

    /** Sends the one answer to a request that wants one. Must not block for longer than a send to a healthy peer takes:
     *  a slow caller has its answers queued, within a bound, and a caller that is gone is not an error. Any thread, once
     *  per incoming; also after listener_close(), before close(). OSTLER_E_INVALID (cannot be put on this wire, for
     *  example too large: the core then answers with a failure that says so), OSTLER_E_DELIVERY. */
    enum ostler_status (*incoming_reply)(struct ostler_incoming *incoming, const struct ostler_answer *answer,
                                         struct ostler_error *error);

    /** Tells the caller that work goes on. Never after incoming_reply(). Any thread, one at a time per incoming. */
    void (*incoming_heartbeat)(struct ostler_incoming *incoming);

    /** Frees it, answered or not. Any thread. */
    void (*incoming_free)(struct ostler_incoming *incoming);

    /** Optional: one JSON object for reports (connections, queues, counters). The caller owns it; NULL without memory.
     *  Any thread. */
    struct json_object *(*report)(ostler_driver_transport *transport);

    /** Optional: adds to @p details, an object, what is known of a call that was sent and has timed out (confirmed or
     *  not, connection lost, ...). A member "explanation", if there is one, is a text that continues the sentence of
     *  the error. Any thread, soon after each call that ended so: a driver that might have lost the way for answers may
     *  take it as a reason to look. */
    void (*explain)(ostler_driver_transport *transport, uint64_t call_id, struct json_object *details);

    /* Notifications. Optional, all three or none: a transport may carry requests only. */

    /** Sends a notification. As send(): OSTLER_OK means that the transport has accepted it. */
    enum ostler_status (*notify)(ostler_driver_transport *transport,
                                 const struct ostler_outgoing_notification *notification, struct ostler_error *error);

    /** Begins to take notifications: those that no other listener of the same pool (without a pool: of those without
     *  one) takes, where the transport shares them out. The listener is used as one for requests. Its messages count as
     *  handled when they are settled, not when they are polled. OSTLER_E_LISTEN, OSTLER_E_TARGET, OSTLER_E_DELIVERY. */
    enum ostler_status (*subscribe)(ostler_driver_transport *transport, const struct ostler_subscription *subscription,
                                    ostler_driver_listener **listener, struct ostler_error *error);

    /** After the work, before incoming_free(): it is done, or goes back to where it came from. One that is freed without
     *  goes back, too. Any thread, once per incoming; also after listener_close(), before close(). Must not block for
     *  longer than incoming_reply(). OSTLER_E_DELIVERY: it will come again. */
    enum ostler_status (*incoming_settle)(struct ostler_incoming *incoming, enum ostler_settlement settlement,
                                          struct ostler_error *error);

    /** Optional: sends what was held back because of `more`. Any thread. */
    void (*flush)(ostler_driver_transport *transport);

    /** Whether send() and notify() can return before the transport has accepted a message, and replies_poll() tells: see
     *  `acceptance`. Of use where accepting takes a way there and back, to a broker or to who receives it. */
    bool accepts_later;
};

OSTLER_END_DECLS

#endif
