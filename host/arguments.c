/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <ostler/version.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { OPT_CONFIG_FILE = 256, OPT_CONFIG_DIR, OPT_CHECK, OPT_DEBUG, OPT_SAMPLE_CONFIG, OPT_VERSION, OPT_HELP };

static const struct option long_options[] = {
    {"config-file", required_argument, NULL, OPT_CONFIG_FILE},
    {"config-dir", required_argument, NULL, OPT_CONFIG_DIR},
    {"check", no_argument, NULL, OPT_CHECK},
    {"debug", no_argument, NULL, OPT_DEBUG},
    {"sample-config", no_argument, NULL, OPT_SAMPLE_CONFIG},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char usage[] = "Usage: ostlerd [--config-file FILE]... [--config-dir DIR]... [--check] [--debug]\n"
                            "       ostlerd --version | --help\n";

static void print_help(void)
{
    printf("%s\n"
           "Serves the endpoints that the configuration names until it is told to stop.\n"
           "\n"
           "  --config-file FILE  read FILE; may be repeated, later ones win\n"
           "  --config-dir DIR    read every *.conf and *.cfg in DIR; may be repeated\n"
           "  --check             report everything that is wrong with the configuration, and end\n"
           "  --debug             log at debug level, whatever the configuration says\n"
           "  --version           print the version\n"
           "  --help              print this\n"
           "\n"
           "Where no file or no folder is named: %s.\n"
           "\n"
           "Signals: HUP reads the configuration again, TERM and INT stop, USR1 logs a state report.\n"
           "See ostlerd(8) and ostlerd.conf(5).\n",
           usage, sources_usual);
}

static void add_source(struct sources *sources, const char *path, bool folder)
{
    sources->items[sources->count++] = (struct source){.path = path, .folder = folder};
}

static bool take(struct arguments *arguments, int option)
{
    switch (option) {
    case OPT_CONFIG_FILE:
        add_source(&arguments->sources, optarg, false);
        return true;
    case OPT_CONFIG_DIR:
        add_source(&arguments->sources, optarg, true);
        return true;
    case OPT_CHECK:
        arguments->verb = ARGUMENTS_CHECK;
        return true;
    case OPT_DEBUG:
        arguments->sources.debug = true;
        return true;
    case OPT_SAMPLE_CONFIG:
        arguments->verb = ARGUMENTS_SAMPLE;
        return true;
    case OPT_VERSION:
        printf("ostlerd %s\n", ostler_version());
        arguments->verb = ARGUMENTS_DONE;
        return true;
    case OPT_HELP:
        print_help();
        arguments->verb = ARGUMENTS_DONE;
        return true;
    default:
        return false;
    }
}

bool arguments_read(struct arguments *arguments, int argc, char **argv)
{
    int option;

    *arguments = (struct arguments){.verb = ARGUMENTS_SERVE};
    arguments->sources.items = calloc((size_t)argc + 1, sizeof(struct source)); /* one argument names at most one */
    if (!arguments->sources.items) {
        fputs("ostlerd: out of memory\n", stderr);
        return false;
    }
    while (arguments->verb != ARGUMENTS_DONE && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        if (!take(arguments, option)) {
            fputs(usage, stderr); /* getopt_long() has said what is wrong */
            return false;
        }
    if (arguments->verb != ARGUMENTS_DONE && optind < argc) {
        fprintf(stderr, "ostlerd: unexpected argument \"%s\"\n%s", argv[optind], usage);
        return false;
    }
    return true;
}

void arguments_clear(struct arguments *arguments)
{
    free(arguments->sources.items);
}
