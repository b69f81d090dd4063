/* SPDX-License-Identifier: Apache-2.0 */
#include "elf_check.h"

#include "scratch.h"

#include <link.h>

#define ELF(name_) Test(elf_check, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 60)

/* Checks @content as a file: "" if it is accepted, else the message. */
static const char *check(const void *content, size_t size)
{
    static char message[512];
    struct ostler_error error = OSTLER_ERROR_INIT;
    const char *path = scratch_path("file");

    scratch_write(path, content, size);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    enum ostler_status status = elf_check(fd, (off_t)size, "file", &error);
    close(fd);
    snprintf(message, sizeof message, "%s", status == OSTLER_OK ? "" : error.message);
    ostler_error_clear(&error);
    return message;
}

ELF(whole_module_is_accepted)
{
    size_t size;
    char *content = scratch_read("good", &size);

    cr_assert_str_eq(check(content, size), "");
    free(content);
}

ELF(headers_of_other_machines_and_types)
{
    size_t size;
    char *content = scratch_read("good", &size);
    ElfW(Ehdr) header, original;

    memcpy(&original, content, sizeof original);
    header = original;
    header.e_machine = EM_68K;
    memcpy(content, &header, sizeof header);
    cr_assert_not_null(strstr(check(content, size), "file: built for another machine"));
    header = original;
    header.e_type = ET_EXEC;
    memcpy(content, &header, sizeof header);
    cr_assert_str_eq(check(content, size), "file: not a shared object but a program");
    header = original;
    header.e_phnum = 0;
    memcpy(content, &header, sizeof header);
    cr_assert_not_null(strstr(check(content, size), "file: damaged"));
    free(content);
}

ELF(sizes_that_overflow)
{
    size_t size;
    char *content = scratch_read("good", &size);
    ElfW(Ehdr) header;

    memcpy(&header, content, sizeof header);
    header.e_shoff = (ElfW(Off)) - 1;
    memcpy(content, &header, sizeof header);
    cr_assert_not_null(strstr(check(content, size), "file: incomplete"));
    header.e_shoff = 0;
    header.e_phoff = (ElfW(Off)) - 8;
    memcpy(content, &header, sizeof header);
    cr_assert_not_null(strstr(check(content, size), "file: incomplete"));
    free(content);
}

/* Any one byte of the headers may be anything: an answer, and nothing worse. */
ELF(every_byte_of_the_headers_changed)
{
    size_t size, accepted = 0, refused = 0;
    char *content = scratch_read("good", &size);

    for (size_t i = 0; i < 400; i++) {
        char original = content[i];
        content[i] = (char)(original ^ 0xff);
        if (check(content, size)[0])
            refused++;
        else
            accepted++;
        content[i] = original;
    }
    cr_assert_gt(accepted, 0);
    cr_assert_gt(refused, 0);
    free(content);
}
