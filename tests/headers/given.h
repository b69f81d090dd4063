/* SPDX-License-Identifier: Apache-2.0 */
/* What a fragment of an example may take as given: the headers, and things that were made before. */
#include <json-c/json.h>
#include <ostler/driver.h>
#include <ostler/endpoint.h>
#include <ostler/executor.h>
#include <ostler/matchmaker.h>
#include <ostler/ostler.h>
#include <ostler/policy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern ostler_conf *conf;
extern ostler_transport *transport;
extern ostler_client *client;
extern ostler_server *server;
extern ostler_request *request;
extern struct ostler_error error;
extern struct json_object *context, *args, *result;
extern const struct ostler_endpoint_ops operations;
