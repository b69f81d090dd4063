/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of the statuses, from the one list in <ostler/status.h>. */
#include <ostler/status.h>

struct status_row {
    const char *name;
    const char *exception;
    int exit_code;
    const char *text;
};

static const struct status_row rows[] = {
#define STATUS_ROW(symbol, number, exception, exit_code, text) [number] = {#symbol, exception, exit_code, text},
    OSTLER_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_row *row_of(enum ostler_status status)
{
    static const struct status_row unknown = {"unknown status", "", 1, "unknown status"};
    size_t index = (size_t)status;

    return index < sizeof rows / sizeof rows[0] ? &rows[index] : &unknown;
}

const char *ostler_status_name(enum ostler_status status)
{
    return row_of(status)->name;
}

const char *ostler_status_text(enum ostler_status status)
{
    return row_of(status)->text;
}

const char *ostler_status_exception(enum ostler_status status)
{
    return row_of(status)->exception;
}

int ostler_status_exit_code(enum ostler_status status)
{
    return row_of(status)->exit_code;
}
