/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/notifier.h>

enum ostler_status ostler_notification_transport_open(ostler_conf *conf, const struct ostler_transport_options *options,
                                                      ostler_transport **transport, struct ostler_error *error)
{
    struct ostler_transport_options own = OSTLER_TRANSPORT_OPTIONS_INIT;

    if (options)
        own = *options;
    if (!own.url)
        own.url = ostler_conf_string(conf, "oslo_messaging_notifications", "transport_url");
    if (own.url && !own.url[0])
        own.url = NULL;
    return ostler_transport_open(conf, &own, transport, error);
}
