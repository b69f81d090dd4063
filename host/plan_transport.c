/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_transport.h"

#include <ostler/url.h>

#include <string.h>

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct host_transport *find(const struct deployment *deployment, const char *url)
{
    for (size_t i = 0; deployment && i < deployment->transport_count; i++)
        if (same_text(deployment->transports[i].url, url))
            return &deployment->transports[i];
    return NULL;
}

/* Loads the driver of an open transport and declares its options, so that they can be checked and compared. */
static enum ostler_status declare_driver(ostler_conf *conf, const ostler_transport *transport,
                                         ostler_loaded_module **driver, struct ostler_error *error)
{
    ostler_url *url = NULL;
    enum ostler_status status = ostler_url_parse(ostler_transport_url(transport), &url, error);

    if (status == OSTLER_OK)
        status = ostler_module_load(OSTLER_KIND_TRANSPORT, ostler_url_driver(url),
                                    ostler_conf_string(conf, "DEFAULT", "plugin_path"), driver, error);
    ostler_url_free(url);
    if (status != OSTLER_OK)
        return status;
    const struct ostler_option_group *group = ostler_module_descriptor(*driver)->options;
    for (; group && group->name && status == OSTLER_OK; group++)
        status = ostler_conf_declare(conf, group->name, group->options, error);
    return status;
}

static bool same_options(const ostler_conf *a, const ostler_conf *b, const ostler_loaded_module *driver)
{
    const struct ostler_option_group *group = ostler_module_descriptor(driver)->options;

    for (; group && group->name; group++)
        if (!ostler_conf_same(a, b, group->name))
            return false;
    return true;
}

static enum ostler_status open_transport(ostler_conf *conf, const char *url, ostler_transport **transport,
                                         struct ostler_error *error)
{
    struct ostler_transport_options options = OSTLER_TRANSPORT_OPTIONS_INIT;

    options.url = url;
    return ostler_transport_open(conf, &options, transport, error);
}

/* Shares what @p old has, if its options are still the same; else there is none and *transport stays as it is. */
static enum ostler_status share(const struct host_transport *old, const ostler_conf *before, ostler_conf *conf,
                                ostler_transport **transport, struct ostler_error *error)
{
    ostler_loaded_module *driver = NULL;
    enum ostler_status status = declare_driver(conf, old->transport, &driver, error);

    if (status == OSTLER_OK && same_options(before, conf, driver))
        *transport = ostler_transport_ref(old->transport);
    ostler_module_unref(driver);
    return status;
}

/* Fills in a transport of which only the URL is known. */
static enum ostler_status provide(struct host_transport *mine, const struct deployment *deployment,
                                  const struct deployment *previous, struct ostler_error *error)
{
    const struct host_transport *old = find(previous, mine->url);
    enum ostler_status status = OSTLER_OK;

    if (old)
        status = share(old, previous->means.conf, deployment->means.conf, &mine->transport, error);
    if (status == OSTLER_OK && !mine->transport)
        status = open_transport(deployment->means.conf, mine->url, &mine->transport, error);
    if (status != OSTLER_OK || old)
        return status;

    /* A URL with options of its own has a configuration of its own: declared here too, they can be checked in this one
     * and compared with the next. */
    ostler_loaded_module *driver = NULL;
    status = declare_driver(deployment->means.conf, mine->transport, &driver, error);
    ostler_module_unref(driver);
    return status;
}

ostler_transport *plan_transport(struct deployment *deployment, const struct deployment *previous, const char *url,
                                 const char *where, struct findings *findings)
{
    struct host_transport *known = find(deployment, url);
    if (known)
        return known->transport;

    struct ostler_error error = OSTLER_ERROR_INIT;
    struct host_transport *mine = &deployment->transports[deployment->transport_count++];
    mine->url = url;
    if (provide(mine, deployment, previous, &error) != OSTLER_OK) {
        /* Values that do not fit, whosever they are, are told together by the plan. */
        if (error.status != OSTLER_E_CONFIG || ostler_conf_check(deployment->means.conf, NULL) == OSTLER_OK)
            findings_take(findings, where, &error);
        ostler_error_clear(&error);
        ostler_transport_unref(mine->transport);
        mine->transport = NULL;
    }
    return mine->transport;
}
