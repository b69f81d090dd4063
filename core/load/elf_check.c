/* SPDX-License-Identifier: Apache-2.0 */
#include "elf_check.h"

#include <link.h>
#include <string.h>
#include <unistd.h>

#define WRONG(...) ostler_error_set(error, OSTLER_E_MODULE, __VA_ARGS__)

/* The header of the object that this code is linked into: what fits it fits this process. From the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static bool read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, buffer, size, (off_t)offset) == (ssize_t)size;
}

/* Lengthens @needed to hold @length bytes at @offset; a sum that no file can have becomes the largest number. */
static void need(uint64_t *needed, uint64_t offset, uint64_t length)
{
    uint64_t end;

    if (__builtin_add_overflow(offset, length, &end))
        end = UINT64_MAX;
    if (end > *needed)
        *needed = end;
}

static enum ostler_status check_header(const ElfW(Ehdr) * header, const char *file, struct ostler_error *error)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return WRONG("%s: not a shared object (no ELF header)", file);
    if (header->e_ident[EI_CLASS] != __ehdr_start.e_ident[EI_CLASS] ||
        header->e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA] || header->e_machine != __ehdr_start.e_machine)
        return WRONG("%s: built for another machine (ELF class %u, machine %u; this is class %u, machine %u)", file,
                     header->e_ident[EI_CLASS], header->e_machine, __ehdr_start.e_ident[EI_CLASS],
                     __ehdr_start.e_machine);
    if (header->e_type != ET_DYN)
        return WRONG("%s: not a shared object but %s", file,
                     header->e_type == ET_REL    ? "an object file: link it with -shared"
                     : header->e_type == ET_EXEC ? "a program"
                                                 : "another ELF file");
    if (header->e_phnum == 0 || header->e_phentsize != sizeof(ElfW(Phdr)))
        return WRONG("%s: damaged (its ELF header describes no segments)", file);
    return OSTLER_OK;
}

enum ostler_status elf_check(int fd, off_t size, const char *file, struct ostler_error *error)
{
    ElfW(Ehdr) header;

    if (size == 0)
        return WRONG("%s: empty", file);
    if (!read_at(fd, &header, sizeof header, 0))
        return WRONG("%s: not a shared object (%lld bytes, too short for an ELF header)", file, (long long)size);
    enum ostler_status status = check_header(&header, file, error);
    if (status != OSTLER_OK)
        return status;

    uint64_t needed = sizeof header;
    need(&needed, header.e_phoff, (uint64_t)header.e_phnum * header.e_phentsize);
    if (header.e_shoff != 0)
        need(&needed, header.e_shoff, (uint64_t)header.e_shnum * header.e_shentsize);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        if (!read_at(fd, &segment, sizeof segment, header.e_phoff + (uint64_t)i * sizeof segment))
            break; /* beyond the end, as the table's own size says above */
        if (segment.p_filesz > 0)
            need(&needed, segment.p_offset, segment.p_filesz);
    }
    if (needed > (uint64_t)size)
        return WRONG("%s: incomplete: it has %lld bytes and its headers speak of more (copied only in part?)", file,
                     (long long)size);
    return OSTLER_OK;
}
