/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ostler/target.h
 * Where a message goes, or what a server serves. oslo_messaging/target.py.
 */
#ifndef OSTLER_TARGET_H
#define OSTLER_TARGET_H

#include <ostler/api.h>

OSTLER_BEGIN_DECLS

/** All texts are borrowed: a function that keeps a target copies it. NULL means "not given". The word `namespace` is
 *  C++'s, hence the underscore. */
struct ostler_target {
    const char *exchange;   /**< a scope of topics; not given: the option control_exchange ("openstack") */
    const char *topic;      /**< a set of interfaces that one or more servers serve */
    const char *namespace_; /**< one interface of the topic; not given: the null namespace */
    const char *version;    /**< of the interface, "MAJOR.MINOR"; not given: 1.0 */
    const char *server;     /**< one server of the topic, by name; not given: any */
    bool fanout;            /**< all servers of the topic (casts and gathers only) */
    void *reserved_[2];
};

/** The most bytes that an exchange, a topic, a server name, a namespace or a method may have. RabbitMQ's short strings
 *  hold 255; a queue is named "TOPIC.SERVER". */
#define OSTLER_NAME_MAX 255

/* clang-format off */
#ifdef __cplusplus
#define OSTLER_TARGET_INIT                                                                                             \
    {                                                                                                                  \
    }
#else
#define OSTLER_TARGET_INIT                                                                                             \
    {                                                                                                                  \
        .exchange = NULL                                                                                               \
    }
#endif
/* clang-format on */

OSTLER_END_DECLS

#endif
