/* SPDX-License-Identifier: Apache-2.0 */
/* ostlerd: serves what its configuration names until it is told to stop. */
#include "arguments.h"
#include "check.h"
#include "log.h"
#include "sample.h"
#include "serve.h"

#include <ostler/module.h>

#include <malloc.h>
#include <stdio.h>

/* glibc makes a heap for nearly every thread, and after large messages each heap keeps up to 64 MiB of what was freed: with
 * a pool of workers half a gigabyte stays behind. Giving such blocks back at once instead costs twice the time of a large
 * message in page faults. So there are few heaps; what is small comes from each thread's own cache. What glibc comes to with
 * the largest messages holds from the start, for with small limits a message of 1 MB meets fresh pages every time. */
enum { HEAPS = 2, LARGEST_BLOCK = 32 << 20, KEPT_FREE = 64 << 20 };

static int run(const struct arguments *arguments)
{
    switch (arguments->verb) {
    case ARGUMENTS_CHECK:
        return check(&arguments->sources);
    case ARGUMENTS_SAMPLE:
        return sample();
    case ARGUMENTS_SERVE:
        return serve(&arguments->sources);
    case ARGUMENTS_DONE:
        break;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct ostler_error error = OSTLER_ERROR_INIT;
    int exit_code = 2;

    mallopt(M_ARENA_MAX, HEAPS);
    mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK);
    mallopt(M_TRIM_THRESHOLD, KEPT_FREE);
    log_init();
    if (arguments_read(&arguments, argc, argv)) {
        if (arguments.sources.debug)
            ostler_log_set_level(OSTLER_LOG_DEBUG);
        enum ostler_status status = OSTLER_PRELOADED_MODULES(&error);
        if (status == OSTLER_OK) {
            exit_code = run(&arguments);
        } else {
            fprintf(stderr, "ostlerd: %s\n", error.message);
            exit_code = ostler_status_exit_code(status);
        }
    }
    arguments_clear(&arguments);
    ostler_error_clear(&error);
    return exit_code;
}
