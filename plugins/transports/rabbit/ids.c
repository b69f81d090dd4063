/* SPDX-License-Identifier: Apache-2.0 */
#include "ids.h"

#include <endian.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

uint64_t id_random(void)
{
    uint64_t number;

    if (getrandom(&number, sizeof number, 0) == sizeof number)
        return number;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec ^ (uint64_t)getpid() << 16;
}

/* Eight digits at once: each of four bits gets a byte of its own, which becomes its letter. */
static void put_hex_half(char *text, uint32_t number)
{
    uint64_t digits = number;

    digits = (digits << 16 & UINT64_C(0xffff00000000)) | (digits & 0xffff);
    digits = (digits << 8 & UINT64_C(0xff000000ff0000)) | (digits & UINT64_C(0xff000000ff));
    digits = (digits << 4 & UINT64_C(0xf000f000f000f00)) | (digits & UINT64_C(0xf000f000f000f));
    uint64_t letters = (digits + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    digits = htobe64(digits + UINT64_C(0x3030303030303030) + letters * ('a' - '0' - 10));
    memcpy(text, &digits, sizeof digits);
}

static void put_hex(char *text, uint64_t number)
{
    put_hex_half(text, (uint32_t)(number >> 32));
    put_hex_half(text + 8, (uint32_t)number);
}

void id_of_call(char text[ID_DIGITS + 1], uint64_t transport, uint64_t call)
{
    put_hex(text, transport);
    put_hex(text + 16, call);
    text[ID_DIGITS] = '\0';
}

void id_make_random(char text[ID_DIGITS + 1])
{
    id_of_call(text, id_random(), id_random());
}

/* Random once for each process, then counted: a system call for each message would cost more than it gives. */
void id_make_unique(char text[ID_DIGITS + 1])
{
    static _Atomic uint64_t begin, count;
    uint64_t first = atomic_load_explicit(&begin, memory_order_relaxed);

    if (first == 0) {
        uint64_t expected = 0;
        atomic_compare_exchange_strong(&begin, &expected, id_random() | 1);
        first = atomic_load(&begin);
    }
    id_of_call(text, first, atomic_fetch_add_explicit(&count, 1, memory_order_relaxed) + 1);
}

static bool take_hex(const char *text, uint64_t *number)
{
    *number = 0;
    for (int i = 0; i < 16; i++) {
        char c = text[i];
        bool is_digit = c >= '0' && c <= '9';
        if (!is_digit && (c < 'a' || c > 'f'))
            return false;
        *number = *number << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool id_to_call(const char *text, uint64_t transport, uint64_t *call)
{
    uint64_t whose, number;

    if (strlen(text) != ID_DIGITS || !take_hex(text, &whose) || whose != transport || !take_hex(text + 16, &number))
        return false;
    *call = number;
    return true;
}
