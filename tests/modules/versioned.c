/* SPDX-License-Identifier: Apache-2.0 */
/* A module in two versions, built from this file with MODULE_VERSION 1 and 2. The operations table is that of an older
 * release: it ends before the slots `notification` and `options`. */
#include "versioned.h"
#include "endpoint.h"

#include <unistd.h>

/* Behind a pointer that is read at run time, so that the code after the wait has to be fetched then. */
static int version(void)
{
    return MODULE_VERSION;
}

static int (*volatile tell)(void) = version;

static enum ostler_status wait_and_tell(ostler_request *request, void *state)
{
    struct versioned_call *call = state;
    char byte = 0;

    (void)request;
    if (call->go >= 0 && (write(call->entered, &byte, 1) != 1 || read(call->go, &byte, 1) != 1))
        return OSTLER_E_SYSTEM;
    call->version = tell();
    return OSTLER_OK;
}

static const struct ostler_method methods[] = {
    {"version", wait_and_tell, "", OSTLER_METHOD_EXPOSED, "tells which code runs"},
    {NULL, NULL, NULL, 0, NULL},
};
static const struct ostler_endpoint interface = {.methods = methods};
static const struct ostler_endpoint *const endpoints[] = {&interface, NULL};

/* Whatever lies behind the table is no part of it. */
static const struct ostler_endpoint_ops operations = {
    .rpc = endpoints,
    .notification = (const void *)endpoints,
    .options = (const void *)endpoints,
};

#if MODULE_VERSION == 1
#define VERSION_TEXT "1.0"
#else
#define VERSION_TEXT "2.0"
/* Moves everything that follows in the file, so that the two are not alike by chance. */
OSTLER_API extern const char padding[];
const char padding[20000] = {1};
#endif

OSTLER_MODULE(versioned) = {
    .abi = OSTLER_MODULE_ABI,
    .size = sizeof(struct ostler_module),
    .kind = OSTLER_KIND_ENDPOINT,
    .name = "versioned",
    .version = VERSION_TEXT,
    .ops = &operations,
    .ops_size = offsetof(struct ostler_endpoint_ops, notification),
};
