/* SPDX-License-Identifier: Apache-2.0 */
#include "counter.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

struct counter *counter_open(const char *file)
{
    struct counter *counter = NULL;
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return NULL;
    if (ftruncate(fd, sizeof *counter) == 0) {
        void *mapped = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        counter = mapped != MAP_FAILED ? mapped : NULL;
    }
    close(fd);
    return counter;
}

void counter_close(struct counter *counter)
{
    if (counter)
        munmap(counter, sizeof *counter);
}

void counter_add(struct counter *counter, unsigned number)
{
    atomic_fetch_add_explicit(&counter->places[number % COUNTER_PLACES].received, 1, memory_order_relaxed);
}

uint64_t counter_sum(const struct counter *counter)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < COUNTER_PLACES; i++)
        sum += atomic_load_explicit(&counter->places[i].received, memory_order_relaxed);
    return sum;
}
