/* SPDX-License-Identifier: Apache-2.0 */
/* What clients and servers need of a transport beyond <ostler/transport.h>. */
#ifndef TRANSPORT_PARTS_H
#define TRANSPORT_PARTS_H

#include <ostler/driver.h>
#include <ostler/transport.h>

struct replies;

/* All live as long as the transport. */
const struct ostler_driver_ops *transport_ops(const ostler_transport *transport);
ostler_driver_transport *transport_driver(const ostler_transport *transport);
struct replies *transport_replies(const ostler_transport *transport);

#endif
