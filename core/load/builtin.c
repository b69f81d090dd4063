/* SPDX-License-Identifier: Apache-2.0 */
#include "module_builtin.h"

#include "descriptor.h"

#include <ostler/log.h>

#include <ltdl.h>
#include <pthread.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct ostler_module *known[MODULE_BUILTIN_MAX];
static size_t count;

/* False if the table is full. */
static bool add(const struct ostler_module *descriptor)
{
    size_t i = 0;

    pthread_mutex_lock(&lock);
    while (i < count && known[i] != descriptor)
        i++;
    if (i == count && i < MODULE_BUILTIN_MAX)
        known[count++] = descriptor;
    pthread_mutex_unlock(&lock);
    return i < MODULE_BUILTIN_MAX;
}

void module_register_builtin(const struct ostler_module *descriptor)
{
    if (!add(descriptor))
        ostler_log(OSTLER_LOG_ERROR, "module", "no room for another built-in module: %d are the most",
                   MODULE_BUILTIN_MAX);
}

const struct ostler_module *module_builtin(size_t index)
{
    pthread_mutex_lock(&lock);
    const struct ostler_module *found = index < count ? known[index] : NULL;
    pthread_mutex_unlock(&lock);
    return found;
}

static bool is_descriptor(const char *symbol)
{
    static const char ending[] = "_LTX_ostler_module";
    size_t length = strlen(symbol);

    return length >= sizeof ending && strcmp(symbol + length - (sizeof ending - 1), ending) == 0;
}

/* libtool's table is read here rather than opened with lt_dlopen(): that finds no archive whose name holds anything but
 * letters, digits and "_", and looks for files when it finds none. */
enum ostler_status ostler_module_preload(const void *symbols, struct ostler_error *error)
{
    bool other_kind;

    for (const lt_dlsymlist *symbol = symbols; symbol && symbol->name; symbol++) {
        if (!symbol->address || !is_descriptor(symbol->name))
            continue;
        enum ostler_status status = descriptor_check(symbol->address, symbol->name, NULL, &other_kind, error);
        if (status != OSTLER_OK)
            return status;
        if (!add(symbol->address))
            return ostler_error_set(error, OSTLER_E_MODULE, "%s: more than %d modules are linked in", symbol->name,
                                    MODULE_BUILTIN_MAX);
    }
    return OSTLER_OK;
}
