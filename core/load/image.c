/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include "elf_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define WRONG(...) ostler_error_set(error, OSTLER_E_MODULE, __VA_ARGS__)

struct image_identity image_identify(const struct stat *status)
{
    return (struct image_identity){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = status->st_size,
        .modified = status->st_mtim,
    };
}

bool image_same(const struct image_identity *a, const struct image_identity *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

static enum ostler_status wrong_errno(const char *file, int errnum, struct ostler_error *error)
{
    char text[128];

    return WRONG("%s: %s", file, strerror_r(errnum, text, sizeof text));
}

/* Opens @file for reading; a FIFO does not hold it up. */
static enum ostler_status open_file(const char *file, int *fd, struct stat *status, struct ostler_error *error)
{
    int opened = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum ostler_status result;

    if (opened < 0 || fstat(opened, status) != 0)
        result = wrong_errno(file, errno, error);
    else if (S_ISDIR(status->st_mode))
        result = WRONG("%s: a folder, not a module", file);
    else if (!S_ISREG(status->st_mode))
        result = WRONG("%s: not a regular file", file);
    else if (status->st_size > IMAGE_SIZE_MAX)
        result = WRONG("%s: larger than %d bytes", file, IMAGE_SIZE_MAX);
    else
        result = OSTLER_OK;

    if (result == OSTLER_OK)
        *fd = opened;
    else if (opened >= 0)
        close(opened);
    return result;
}

/* The file's content in memory of its own, which nobody can change any more; -1 where the system allows none. */
static int copy_file(int from, const char *name)
{
    int copy = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ssize_t moved = 1;

    while (copy >= 0 && moved != 0) {
        moved = sendfile(copy, from, NULL, 1 << 20);
        if (moved < 0 && errno != EINTR) {
            close(copy);
            return -1;
        }
    }
    if (copy >= 0)
        fcntl(copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
    return copy;
}

/* Whether the copy names $ORIGIN: where its libraries are depends on where it is opened. */
static bool needs_its_folder(int copy, size_t size)
{
    void *content = mmap(NULL, size, PROT_READ, MAP_PRIVATE, copy, 0);
    if (content == MAP_FAILED)
        return false;

    bool found =
        memmem(content, size, "$ORIGIN", strlen("$ORIGIN")) || memmem(content, size, "${ORIGIN}", strlen("${ORIGIN}"));
    munmap(content, size);
    return found;
}

/* Writes a path to what @fd is open on, with @rest behind it. By the number of the process rather than as "self", so
 * that a debugger finds it too, unless the /proc that is mounted here counts processes differently. */
static bool path_by_descriptor(int fd, const char *rest, char path[IMAGE_PATH_MAX])
{
    char process[32];
    struct stat by_path, by_fd;

    snprintf(process, sizeof process, "%ld", (long)getpid());
    for (int i = 0; i < 2; i++) {
        int length = snprintf(path, IMAGE_PATH_MAX, "/proc/%s/fd/%d", i == 0 ? process : "self", fd);
        if (stat(path, &by_path) == 0 && fstat(fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
            by_path.st_ino == by_fd.st_ino)
            return snprintf(path + length, IMAGE_PATH_MAX - (size_t)length, "%s", rest) < IMAGE_PATH_MAX - length;
    }
    return false;
}

/* Opens the file where it is, by way of its folder's descriptor, so that the path is a new one. Safe as long as the
 * file is replaced by renaming and not overwritten. */
static enum ostler_status use_in_place(const char *file, struct image *image, struct ostler_error *error)
{
    const char *base = strrchr(file, '/');
    char folder[PATH_MAX];

    if (snprintf(folder, sizeof folder, "%.*s/", (int)(base - file), file) >= (int)sizeof folder)
        return WRONG("%s: the path is too long", file);
    int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wrong_errno(file, errno, error);
    if (!path_by_descriptor(fd, base, image->path)) {
        close(fd);
        return WRONG("%s: cannot be opened by way of /proc: is it mounted?", file);
    }
    image->fd = fd;
    image->in_place = true;
    return OSTLER_OK;
}

/* Chooses between the two, after the content has been checked where it will not change any more. */
static enum ostler_status make_image(int fd, const char *file, struct image *image, struct ostler_error *error)
{
    const char *name = strrchr(file, '/') + 1;
    int copy = copy_file(fd, strlen(name) < 128 ? name : "module");
    enum ostler_status status;
    struct stat now;

    if (fstat(fd, &now) != 0) {
        status = wrong_errno(file, errno, error);
        goto out;
    }
    struct image_identity identity = image_identify(&now);
    if (!image_same(&identity, &image->identity) || (copy >= 0 && lseek(copy, 0, SEEK_END) != now.st_size)) {
        status = WRONG("%s: changes while it is being read: try again when it is complete", file);
        goto out;
    }
    status = elf_check(copy >= 0 ? copy : fd, now.st_size, file, error);
    if (status != OSTLER_OK)
        goto out;
    if (copy < 0 || needs_its_folder(copy, (size_t)now.st_size)) {
        status = use_in_place(file, image, error);
    } else if (path_by_descriptor(copy, "", image->path)) {
        image->fd = copy;
        copy = -1;
    } else {
        status = WRONG("%s: cannot be opened by way of /proc: is it mounted?", file);
    }
out:
    if (copy >= 0)
        close(copy);
    return status;
}

enum ostler_status image_read(const char *file, struct image *image, struct ostler_error *error)
{
    struct image made = {.fd = -1};
    struct stat status;
    int fd = -1;
    enum ostler_status result = open_file(file, &fd, &status, error);

    if (result != OSTLER_OK)
        return result;
    made.identity = image_identify(&status);
    result = make_image(fd, file, &made, error);
    close(fd);
    if (result == OSTLER_OK)
        *image = made;
    return result;
}

void image_release(struct image *image)
{
    if (image->fd >= 0)
        close(image->fd);
    image->fd = -1;
}
