/* SPDX-License-Identifier: Apache-2.0 */
/* ostlerd: serves what its configuration names until it is told to stop. */
#include "arguments.h"
#include "check.h"
#include "log.h"
#include "sample.h"
#include "serve.h"

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
    int exit_code = 2;

    log_init();
    if (arguments_read(&arguments, argc, argv)) {
        if (arguments.sources.debug)
            ostler_log_set_level(OSTLER_LOG_DEBUG);
        exit_code = run(&arguments);
    }
    arguments_clear(&arguments);
    return exit_code;
}
