/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/matchmaker.h
 * Finds servers where there is no broker: the contract of a module of kind OSTLER_KIND_MATCHMAKER, used by brokerless
 * transport drivers. It stores and looks up addresses; what an address means is the driver's business.
 */
#ifndef OSTLER_MATCHMAKER_H
#define OSTLER_MATCHMAKER_H

#include <ostler/conf.h>
#include <ostler/module.h>
#include <ostler/target.h>
#include <ostler/url.h>

OSTLER_BEGIN_DECLS

/** A matchmaker's own objects: each matchmaker defines these structs for itself. */
typedef struct ostler_matchmaker ostler_matchmaker;
typedef struct ostler_registration ostler_registration;

/** One server of a topic. */
struct ostler_peer {
    char *server;  /**< its name; NULL where the source does not know it (the driver asks the address) */
    char *address; /**< where it is, as its driver registered it */
};

struct ostler_matchmaker_ops {
    /** @p url is the transport's (its path, hosts and query say where to look), borrowed until close().
     *  OSTLER_E_URL, OSTLER_E_CONFIG, OSTLER_E_SYSTEM. */
    enum ostler_status (*open)(const ostler_conf *conf, const ostler_url *url, ostler_matchmaker **matchmaker,
                               struct ostler_error *error);

    /** Every registration is withdrawn before. */
    void (*close)(ostler_matchmaker *matchmaker);

    /** An address at which a server of @p target may be bound: the first (@p index 0), and while that is taken or not
     *  this host's the next. What it takes to bind there (a folder) exists afterwards. The caller frees it.
     *  OSTLER_E_LISTEN if there is none or no other, OSTLER_E_CONFIG, OSTLER_E_NOMEM. Any thread. */
    enum ostler_status (*propose)(ostler_matchmaker *matchmaker, const struct ostler_target *target, unsigned index,
                                  char **address, struct ostler_error *error);

    /** Makes @p target (exchange, topic, server) findable at @p address until withdraw(), or until this process ends,
     *  however it ends. OSTLER_E_LISTEN if a living server has this name: the message says which. Any thread. */
    enum ostler_status (*announce)(ostler_matchmaker *matchmaker, const struct ostler_target *target,
                                   const char *address, ostler_registration **registration, struct ostler_error *error);

    void (*withdraw)(ostler_registration *registration);

    /** A number that changes when a lookup() of this topic might answer differently than before; must be cheap, for it
     *  is asked often. Any thread. */
    uint64_t (*generation)(ostler_matchmaker *matchmaker, const char *exchange, const char *topic);

    /** The living servers of a topic, in a stable order; the array and its texts are the caller's, each to free().
     *  None is *count = 0 and success. Any thread. OSTLER_E_NOMEM, OSTLER_E_CONFIG (its file does not parse: where),
     *  OSTLER_E_TARGET (a name it cannot hold). */
    enum ostler_status (*lookup)(ostler_matchmaker *matchmaker, const char *exchange, const char *topic,
                                 struct ostler_peer **peers, size_t *count, struct ostler_error *error);
};

OSTLER_END_DECLS

#endif
