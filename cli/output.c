/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <ostler/log.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

void output_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        putc((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f ? '?' : *text, stream);
    }
}

void output_message(const char *format, ...)
{
    va_list arguments;
    char text[4096];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    flockfile(stderr);
    fputs("ostler: ", stderr);
    output_text(stderr, text);
    putc('\n', stderr);
    funlockfile(stderr);
}

int output_usage(const char *verb, const char *format, ...)
{
    va_list arguments;
    char text[1024];

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    output_message("%s", text);
    output_message("try 'ostler %s%s--help'", verb ? verb : "", verb ? " " : "");
    return OUTPUT_EXIT_USAGE;
}

int output_failure(const struct ostler_error *error, bool verbose)
{
    if (error->status == OSTLER_E_REMOTE && error->remote_class) {
        const char *module = error->remote_module ? error->remote_module : "";
        output_message("remote failure: %s%s%s: %s", module, *module ? "." : "", error->remote_class,
                       error->remote_message ? error->remote_message : "");
        if (verbose && error->traceback && *error->traceback) {
            output_text(stderr, error->traceback);
            if (error->traceback[strlen(error->traceback) - 1] != '\n')
                putc('\n', stderr);
        }
    } else {
        output_message("%s", error->message ? error->message : ostler_status_text(error->status));
    }
    return ostler_status_exit_code(error->status);
}

int output_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    if (errno == EPIPE)
        return OUTPUT_EXIT_CLOSED_PIPE;
    output_message("cannot write to standard output: %s", strerror(errno));
    return OUTPUT_EXIT_FAILURE;
}

int output_json(struct json_object *value)
{
    int readable = isatty(STDOUT_FILENO) ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
    size_t size;
    const char *text = json_object_to_json_string_length(value, readable | JSON_C_TO_STRING_NOSLASHESCAPE, &size);

    if (!text) {
        output_message("out of memory");
        return OUTPUT_EXIT_FAILURE;
    }
    fwrite(text, 1, size, stdout);
    putchar('\n');
    return output_flush();
}

static void log_line(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    output_message("%s %s: %s", ostler_log_level_name(level), module, text);
}

void output_log(bool verbose)
{
    ostler_log_set_level(verbose ? OSTLER_LOG_DEBUG : OSTLER_LOG_WARNING);
    ostler_log_set_sink(log_line, NULL);
}
