/* SPDX-License-Identifier: Apache-2.0 */
/* Thousands of damaged files: whatever the bytes are, the readers end with a source or with an error. */
#include "readers.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 4000, LONGEST = 2000 };

static uint64_t state;

/* xorshift64*: the same files on every machine. */
static unsigned pick(unsigned below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * UINT64_C(2685821657736338717)) >> 33) % below;
}

static const char ini_seed[] =
    "[DEFAULT]\ntransport_url = rabbit://${a}:$$b@h\n  more\n# comment\n; comment\r\n"
    "debug: yes\r[server:x]\ntopic = \"t\"\nendpoints = a, b,\n\n[listener:y]\nbatch_size = 7\n"
    "batch_timeout = 1e3\n[oslo_messaging_notifications]\ndriver = log\ndriver = \xc3\xa9\n";
static const char cfg_seed[] =
    "debug = true;\nserver = { topic = \"t\"; x = { topic = \"u\"; endpoints = [\"a\", \"b\"]; "
    "n = 0x10L; f = 1.5e3; l = ( 1, 2.5, \"v\" ); }; };\n# c\n/* c */ // c\n";

/* Some bytes changed, put in, or a piece repeated or taken out; returns the new length. */
static size_t damage(char *bytes, size_t length)
{
    static const char tokens[] = "\n\r\t []=:#;\"'\\$,{}()@%\x00\xff\xc3\xe2\x82\xed\xa0\xf4";
    unsigned times = 1 + pick(6);

    while (times-- > 0) {
        size_t at = pick((unsigned)length + 1), size = pick(40);
        if (size > length - at)
            size = length - at;
        switch (pick(4)) {
        case 0:
            if (at < length)
                bytes[at] = (char)pick(256);
            break;
        case 1:
            memmove(bytes + at + 1, bytes + at, length - at);
            bytes[at] = tokens[pick(sizeof tokens - 1)];
            length++;
            break;
        case 2:
            memmove(bytes + at, bytes + at + size, length - at - size);
            length -= size;
            break;
        default:
            memmove(bytes + at + size, bytes + at, length - at);
            length += size;
            break;
        }
    }
    return length;
}

typedef enum ostler_status (*reader)(struct source *, const char *, size_t, struct ostler_error *);

/* Copies to the byte, so that a sanitizer sees a step over the end; libconfig wants its NUL. */
static bool try_read(reader read, const char *bytes, size_t length)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct source *source = source_new("damaged");
    char *exact = malloc(length + 1);

    cr_assert(source && exact);
    memcpy(exact, bytes, length);
    exact[length] = '\0';
    enum ostler_status status = read(source, exact, length, &error);
    cr_assert(status == OSTLER_OK || status == OSTLER_E_CONFIG);
    cr_assert(status == OSTLER_OK || strncmp(error.message, "damaged:", 8) == 0, "%s", error.message);
    ostler_error_clear(&error);
    source_unref(source);
    free(exact);
    return status == OSTLER_OK;
}

static void read_damaged(reader read, const char *seed)
{
    char bytes[LONGEST];
    unsigned good = 0;

    state = 88172645463325252;
    for (unsigned i = 0; i < ROUNDS; i++) {
        memcpy(bytes, seed, strlen(seed));
        good += try_read(read, bytes, damage(bytes, strlen(seed)));
    }
    /* Neither is all damage harmless nor is it all fatal. */
    cr_expect(good > ROUNDS / 50 && good < ROUNDS - ROUNDS / 50, "%u of %d were read", good, ROUNDS);
}

Test(robust, ini, .timeout = 120)
{
    read_damaged(ini_read, ini_seed);
}

Test(robust, libconfig, .timeout = 120)
{
    read_damaged(cfg_read, cfg_seed);
}

/* What was read is then asked for. */
Test(robust, whole, .timeout = 120)
{
    char bytes[LONGEST];

    state = 1;
    for (unsigned i = 0; i < ROUNDS / 8; i++) {
        memcpy(bytes, ini_seed, sizeof ini_seed);
        bytes[damage(bytes, sizeof ini_seed - 1)] = '\0';
        ostler_conf *conf = scratch_conf(NULL);
        enum ostler_status status = ostler_conf_add_text(conf, "damaged", bytes, NULL);
        cr_assert(status == OSTLER_OK || status == OSTLER_E_CONFIG);
        status = ostler_conf_check(conf, NULL);
        cr_assert(status == OSTLER_OK || status == OSTLER_E_CONFIG);
        cr_assert_not_null(ostler_conf_string(conf, "server:x", "access_policy"));
        ostler_conf_unref(conf);
    }
}
