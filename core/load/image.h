/* SPDX-License-Identifier: Apache-2.0 */
/* What the system's loader is given to map: a private copy of a module's file.
 *
 * A copy, for three reasons. The system knows an object by its path and inode: a changed file, opened again, would give
 * back the old code. A file that is overwritten while it is mapped changes the code under running requests, or takes it
 * away. And what has been checked cannot change before it is mapped. */
#ifndef IMAGE_H
#define IMAGE_H

#include <ostler/error.h>

#include <sys/stat.h>

#define IMAGE_SIZE_MAX (256 * 1024 * 1024) /* bytes of a module's file */
#define IMAGE_PATH_MAX 512                 /* bytes of image.path */

/* Tells one state of a file from another. */
struct image_identity {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct image {
    struct image_identity identity;
    int fd;                    /* the copy, or the file's folder; held as long as it is mapped */
    bool in_place;             /* no copy: the system allows none, or the file finds its libraries by $ORIGIN */
    char path[IMAGE_PATH_MAX]; /* to open it by; no other image that exists has the same */
};

struct image_identity image_identify(const struct stat *status);
bool image_same(const struct image_identity *a, const struct image_identity *b);

/* Reads @file (absolute) and checks that it is a whole shared object. OSTLER_E_MODULE with the file and the cause;
 * @image is untouched on failure. */
enum ostler_status image_read(const char *file, struct image *image, struct ostler_error *error);

/* After the last mapping has ended. */
void image_release(struct image *image);

#endif
