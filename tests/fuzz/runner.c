/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a target where libFuzzer is not: every file of a corpus, then a number of mutations of them, the same on every
 * run. An input that ends the program is left in a file, to be given as an argument.
 *
 *     fuzz_NAME [FILE]      OSTLER_FUZZ_RUNS: how many mutations */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES_MAX = 256, INPUT_MAX = 4096, RUNS = 5000, SECONDS_MAX = 300 };

struct input {
    uint8_t data[INPUT_MAX];
    size_t size;
};

static struct input files[FILES_MAX];
static size_t file_count;
static struct input current;
static char left_in[PATH_MAX];
static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64: the same numbers everywhere. */
static size_t below(size_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return limit == 0 ? 0 : (size_t)(state >> 11) % limit;
}

static void leave_input(int number)
{
    static const char says[] = "the input that did it is left in ";
    int fd = open(left_in, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    if (fd >= 0 && write(fd, current.data, current.size) == (ssize_t)current.size &&
        write(STDERR_FILENO, says, sizeof says - 1) > 0 && write(STDERR_FILENO, left_in, strlen(left_in)) > 0 &&
        write(STDERR_FILENO, "\n", 1) > 0)
        close(fd);
    signal(number, SIG_DFL);
    raise(number);
}

static void watch(const char *program)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    const char *slash = strrchr(program, '/');

    snprintf(left_in, sizeof left_in, "%s.crash", slash ? slash + 1 : program);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], leave_input);
    alarm(SECONDS_MAX);
}

static bool read_input(const char *path, struct input *input)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        return false;
    input->size = fread(input->data, 1, sizeof input->data, file);
    fclose(file);
    return true;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Of fuzz_NAME (or lt-fuzz_NAME, as libtool runs it): tests/fuzz/corpus/NAME. */
static bool read_corpus(const char *program)
{
    const char *sources = getenv("OSTLER_SRCDIR"), *name = strrchr(program, '_');
    char folder[PATH_MAX - NAME_MAX - 2];
    struct dirent **entries;
    int count;

    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", sources ? sources : ".", name ? name + 1 : program);
    count = scandir(folder, &entries, visible, by_name);

    for (int i = 0; i < count; i++) {
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (file_count < FILES_MAX && read_input(path, &files[file_count]))
            file_count++;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return file_count > 0;
}

/* Makes room for, or takes out, bytes in the middle. */
static void resize(size_t at, size_t out, size_t in)
{
    size_t rest = current.size - at - out;

    if (at + in > INPUT_MAX)
        in = INPUT_MAX - at;
    if (at + in + rest > INPUT_MAX)
        rest = INPUT_MAX - at - in;
    memmove(current.data + at + in, current.data + at + out, rest);
    current.size = at + in + rest;
}

static void insert_from(const struct input *other)
{
    size_t from = below(other->size + 1), length = below(other->size - from + 1), at = below(current.size + 1);

    if (at + length > INPUT_MAX)
        length = INPUT_MAX - at;
    resize(at, 0, length);
    memmove(current.data + at, other->data + from, length);
}

static void mutate(void)
{
    static const uint8_t notable[] = {0,   0xff, 0x80, 0x7f, 1,   '"', '\\', '%',
                                      '[', '{',  '\n', ':',  '=', '$', 0xc3, 0xf4};
    size_t at = below(current.size);

    switch (below(6)) {
    case 0:
        if (current.size > 0)
            current.data[at] ^= (uint8_t)(1U << below(8));
        break;
    case 1:
        if (current.size > 0)
            current.data[at] = notable[below(sizeof notable)];
        break;
    case 2:
        if (current.size > 0)
            current.data[at] = (uint8_t)below(256);
        break;
    case 3:
        resize(at, below(current.size - at + 1), 0);
        break;
    case 4: {
        struct input same = current;
        insert_from(&same);
        break;
    }
    default:
        insert_from(&files[below(file_count)]);
        break;
    }
}

static void try_mutations(unsigned long runs)
{
    for (unsigned long run = 0; run < runs; run++) {
        current = files[below(file_count)];
        for (size_t changes = 1 + below(6); changes > 0; changes--)
            mutate();
        LLVMFuzzerTestOneInput(current.data, current.size);
    }
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("OSTLER_FUZZ_RUNS");
    unsigned long runs = wanted ? strtoul(wanted, NULL, 10) : RUNS;

    if (argc > 2 || (argc == 2 && !read_input(argv[1], &current))) {
        fprintf(stderr, "usage: %s [FILE]\n", argv[0]);
        return 2;
    }
    watch(argv[0]);
    if (argc == 2) {
        LLVMFuzzerTestOneInput(current.data, current.size);
        return 0;
    }
    puts("1..2");
    if (!read_corpus(argv[0])) {
        puts("Bail out! there is no corpus");
        return 1;
    }
    fflush(stdout);
    for (size_t i = 0; i < file_count; i++) {
        current = files[i];
        LLVMFuzzerTestOneInput(current.data, current.size);
    }
    printf("ok 1 - the corpus of %zu files\n", file_count);
    fflush(stdout);
    try_mutations(runs);
    printf("ok 2 - %lu mutations\n", runs);
    return 0;
}
