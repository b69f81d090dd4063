/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a file's headers before the system's loader maps it: a file that ends before its headers say would end the
 * process with SIGBUS. */
#ifndef ELF_CHECK_H
#define ELF_CHECK_H

#include <ostler/error.h>

#include <sys/types.h>

/* Whether @fd, with @size bytes, is a whole shared object for this machine; if not, OSTLER_E_MODULE with @file and the
 * cause. */
enum ostler_status elf_check(int fd, off_t size, const char *file, struct ostler_error *error);

#endif
