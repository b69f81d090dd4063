/* SPDX-License-Identifier: Apache-2.0 */
/* Line by line, in the order of oslo_config/iniparser.py: what a line is depends on its first character, and on whether
 * a value is open that it could continue. */
#include "readers.h"

#include <stdlib.h>
#include <string.h>

struct ini {
    struct source *source;
    struct section *section;
    unsigned line;
    /* The value being read: its name (length 0: none is open), where it began, and its text so far in @value, which has
     * room for the whole file. */
    struct span name;
    unsigned name_line;
    char *value;
    size_t value_length;
    struct ostler_error *error;
};

OSTLER_PRINTF(2, 3) static enum ostler_status ini_fail(struct ini *ini, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    ostler_error_setv(ini->error, OSTLER_E_CONFIG, format, arguments);
    va_end(arguments);
    ostler_error_prefix(ini->error, "%s:%u", ini->source->name, ini->line);
    return OSTLER_E_CONFIG;
}

static void append(struct ini *ini, struct span text)
{
    memcpy(ini->value + ini->value_length, text.at, text.length);
    ini->value_length += text.length;
}

static enum ostler_status close_value(struct ini *ini)
{
    if (ini->name.length == 0)
        return OSTLER_OK;
    struct span text = {ini->value, ini->value_length};
    struct span name = ini->name;
    ini->name.length = 0;
    if (source_add_text(ini->source, ini->section, name, text, ini->name_line) != OSTLER_OK)
        return ostler_error_set(ini->error, OSTLER_E_NOMEM, "%s: out of memory", ini->source->name);
    return OSTLER_OK;
}

static enum ostler_status continue_value(struct ini *ini, struct span line)
{
    if (ini->name.length == 0)
        return ini_fail(ini, "this indented line continues nothing: expected [section], name = value or a comment, "
                             "beginning in the first column");
    append(ini, (struct span){"\n", 1});
    append(ini, text_strip_left(line));
    return OSTLER_OK;
}

static enum ostler_status open_section(struct ini *ini, struct span line)
{
    if (line.at[line.length - 1] != ']')
        return ini_fail(ini, "a section must end with ] and nothing after it");
    if (line.length <= 2)
        return ini_fail(ini, "a section needs a name between [ and ]");
    if (line.length - 2 >= SOURCE_NAME_BYTES)
        return ini_fail(ini, "a section's name may have %d bytes at most", SOURCE_NAME_BYTES - 1);
    ini->section = source_open_section(ini->source, (struct span){line.at + 1, line.length - 2});
    if (!ini->section)
        return ostler_error_set(ini->error, OSTLER_E_NOMEM, "%s: out of memory", ini->source->name);
    return OSTLER_OK;
}

/* Quotes around the whole first line of a value are dropped; a lone quote is both its first and its last character. */
static struct span unquote(struct span value)
{
    if (value.length == 0 || (*value.at != '"' && *value.at != '\'') || value.at[value.length - 1] != *value.at)
        return value;
    if (value.length == 1)
        return (struct span){value.at, 0};
    return (struct span){value.at + 1, value.length - 2};
}

static enum ostler_status open_value(struct ini *ini, struct span line)
{
    size_t split = 0;

    while (split < line.length && line.at[split] != '=' && line.at[split] != ':')
        split++;
    if (split == line.length)
        return ini_fail(ini, "expected name = value, name: value, [section] or a comment");
    struct span name = text_strip((struct span){line.at, split});
    if (name.length == 0)
        return ini_fail(ini, "expected a name before the %c", line.at[split]);
    if (!ini->section)
        return ini_fail(ini, "a [section] must come before the first name = value");

    ini->name = name;
    ini->name_line = ini->line;
    ini->value_length = 0;
    append(ini, unquote(text_strip((struct span){line.at + split + 1, line.length - split - 1})));
    return OSTLER_OK;
}

static enum ostler_status read_line(struct ini *ini, struct span line)
{
    if (line.length > SOURCE_LINE_BYTES)
        return ini_fail(ini, "a line may have %d bytes at most", SOURCE_LINE_BYTES);
    line = text_strip_right(line);
    if (line.length == 0)
        return close_value(ini);
    if (*line.at == ' ' || *line.at == '\t')
        return continue_value(ini, line);

    enum ostler_status status = close_value(ini);
    if (status != OSTLER_OK || *line.at == '#' || *line.at == ';')
        return status;
    return *line.at == '[' ? open_section(ini, line) : open_value(ini, line);
}

/* A line ends at \n, \r\n or \r. Returns where the next one begins. */
static size_t take_line(const char *bytes, size_t length, size_t start, struct span *line)
{
    size_t end = start;

    while (end < length && bytes[end] != '\n' && bytes[end] != '\r')
        end++;
    *line = (struct span){bytes + start, end - start};
    if (end + 1 < length && bytes[end] == '\r' && bytes[end + 1] == '\n')
        return end + 2;
    return end < length ? end + 1 : length;
}

static unsigned line_of(const char *bytes, size_t length, size_t offset)
{
    unsigned count = 0;
    struct span line;

    for (size_t at = 0; at <= offset && at < length; count++)
        at = take_line(bytes, length, at, &line);
    return count;
}

static enum ostler_status check_bytes(struct ini *ini, const char *bytes, size_t length)
{
    size_t bad = 0;

    if (!text_is_utf8(bytes, length, &bad)) {
        ini->line = line_of(bytes, length, bad);
        return ini_fail(ini, bytes[bad] ? "byte 0x%02x is not valid UTF-8" : "a NUL byte (0x%02x) in a text file",
                        (unsigned)(unsigned char)bytes[bad]);
    }
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        ini->line = 1;
        return ini_fail(ini, "the file begins with a byte order mark: save it as UTF-8 without one");
    }
    return OSTLER_OK;
}

enum ostler_status ini_read(struct source *source, const char *bytes, size_t length, struct ostler_error *error)
{
    struct ini ini = {.source = source, .error = error};
    enum ostler_status status = check_bytes(&ini, bytes, length);

    if (status != OSTLER_OK)
        return status;
    ini.value = malloc(length + 1);
    if (!ini.value)
        return ostler_error_set(error, OSTLER_E_NOMEM, "%s: out of memory", source->name);
    for (size_t at = 0; at < length && status == OSTLER_OK;) {
        struct span line;
        at = take_line(bytes, length, at, &line);
        ini.line++;
        status = read_line(&ini, line);
    }
    if (status == OSTLER_OK)
        status = close_value(&ini);
    free(ini.value);
    return status;
}
