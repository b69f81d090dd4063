/* SPDX-License-Identifier: Apache-2.0 */
/* A server in a process of its own: serve URL SERVER [silent]. Says "r" on standard output when it is ready, and ends
 * when its standard input does. A silent one takes requests and never answers. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char byte;

    if (argc < 3)
        return 2;
    ostler_driver_transport *transport = fixture_open(argv[1], NULL);
    bool silent = argc > 3 && strcmp(argv[3], "silent") == 0;
    ostler_driver_listener *listener = silent ? fixture_listen(transport, argv[2]) : NULL;
    struct fixture_server *server = silent ? NULL : fixture_serve(transport, argv[2]);
    if (write(STDOUT_FILENO, "r", 1) != 1)
        return 1;
    if (silent) {
        struct ostler_incoming *incoming = fixture_take(listener);
        if (write(STDOUT_FILENO, "t", 1) != 1)
            return 1;
        while (read(STDIN_FILENO, &byte, 1) > 0)
            ;
        if (incoming)
            fixture_driver()->incoming_free(incoming);
        fixture_close(listener);
    } else {
        while (read(STDIN_FILENO, &byte, 1) > 0)
            ;
        fixture_stop(server);
    }
    fixture_driver()->close(transport);
    fixture_end();
    return 0;
}
