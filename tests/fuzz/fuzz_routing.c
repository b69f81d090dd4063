/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the notifier driver `routing`: read, and every rule asked. */
#include "fuzz.h"
#include "routing_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct routing_rules rules = {0};
    char path[64];
    int fd = memfd_create("routing", MFD_CLOEXEC);
    enum ostler_status status;

    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    status = routing_rules_read(path, &rules, &error);
    if (status != OSTLER_OK) {
        FUZZ_CHECK(rules.count == 0);
        FUZZ_CHECK(strncmp(error.message, path, strlen(path)) == 0);
    }
    fuzz_check_error(status, &error);
    for (size_t i = 0; i < rules.count; i++) {
        FUZZ_CHECK(rules.each[i].driver);
        (void)routing_rule_selects(&rules.each[i], "compute.instance.create", "info");
    }
    routing_rules_clear(&rules);
    close(fd);
    return 0;
}
