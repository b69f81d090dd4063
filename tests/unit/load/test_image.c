/* SPDX-License-Identifier: Apache-2.0 */
#include "image.h"

#include "scratch.h"

#include <signal.h>
#include <sys/resource.h>

#define IMAGE(name_) Test(image, name_, .init = scratch_make, .fini = scratch_remove, .timeout = 30)

static struct image read_image(const char *path)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct image image;
    enum ostler_status status = image_read(path, &image, &error);

    cr_assert_eq(status, OSTLER_OK, "%s", error.message ? error.message : "?");
    return image;
}

IMAGE(copy_holds_what_the_file_held)
{
    size_t size;
    char *content = scratch_read("good", &size);
    struct image image = read_image(scratch_overwrite("good", "good.so"));
    char *copied = malloc(size);

    cr_assert_not_null(copied);
    scratch_overwrite("version_2", "good.so");
    cr_assert_not(image.in_place);
    cr_assert_eq(image.identity.size, (off_t)size);
    int fd = open(image.path, O_RDONLY | O_CLOEXEC);
    cr_assert_eq(read(fd, copied, size), (ssize_t)size);
    cr_assert_arr_eq(copied, content, size);
    close(fd);
    cr_assert_lt(write(image.fd, "", 1), 0, "the copy can be changed");
    image_release(&image);
    image_release(&image);
    free(copied);
    free(content);
}

IMAGE(two_images_of_one_file_have_two_paths)
{
    const char *path = scratch_overwrite("good", "good.so");
    struct image first = read_image(path), second = read_image(path);

    cr_assert(image_same(&first.identity, &second.identity));
    cr_assert_str_neq(first.path, second.path);
    image_release(&first);
    image_release(&second);
}

IMAGE(file_that_names_its_folder_stays_there)
{
    struct image image = read_image(scratch_overwrite("origin", "origin.so"));
    struct stat by_image, by_path;

    cr_assert(image.in_place);
    cr_assert_eq(stat(image.path, &by_image), 0);
    cr_assert_eq(stat(scratch_path("origin.so"), &by_path), 0);
    cr_assert_eq(by_image.st_ino, by_path.st_ino);
    image_release(&image);
}

IMAGE(file_stays_where_the_system_allows_no_copy)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY}, unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    const char *path = scratch_overwrite("good", "good.so");

    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    struct image image = read_image(path);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
    cr_assert(image.in_place);
    image_release(&image);
}

IMAGE(identity_tells_states_apart)
{
    const char *path = scratch_overwrite("good", "good.so");
    struct image before = read_image(path);

    scratch_replace("good", "good.so");
    struct image after = read_image(path);
    cr_assert_not(image_same(&before.identity, &after.identity));
    image_release(&before);
    image_release(&after);
}

IMAGE(failure_leaves_the_output_alone)
{
    struct image image = {.fd = 77};
    struct ostler_error error = OSTLER_ERROR_INIT;

    cr_assert_eq(image_read(scratch_path("nothing.so"), &image, &error), OSTLER_E_MODULE);
    cr_assert_eq(image.fd, 77);
    ostler_error_clear(&error);
}

IMAGE(file_that_is_too_large)
{
    const char *path = scratch_path("large.so");
    struct ostler_error error = OSTLER_ERROR_INIT;
    struct image image;

    scratch_write(path, "", 0);
    cr_assert_eq(truncate(path, (off_t)IMAGE_SIZE_MAX + 1), 0);
    cr_assert_eq(image_read(path, &image, &error), OSTLER_E_MODULE);
    cr_assert_not_null(strstr(error.message, "large.so: larger than 268435456 bytes"));
    ostler_error_clear(&error);
}
