/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A pipe that polls writable takes this much without blocking. */
enum { LINE_BYTES = PIPE_BUF };

static struct {
    pthread_mutex_t lock; /* held for one write, which does not wait */
    int file;             /* -1: standard error */
    bool journal;         /* standard error is the journal */
    unsigned long lost;   /* lines that could not be written since the last that could */
} output = {.lock = PTHREAD_MUTEX_INITIALIZER, .file = -1};

/* systemd names the stream that it gave us as "DEVICE:INODE". */
static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device = 0, inode = 0;
    struct stat status;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &status) == 0 &&
           (unsigned long long)status.st_dev == device && (unsigned long long)status.st_ino == inode;
}

/* True if all of it was written. A socket refuses by itself to wait; for the rest poll() says whether there is room. */
static bool write_now(int descriptor, const char *line, size_t length)
{
    struct pollfd room = {.fd = descriptor, .events = POLLOUT};
    ssize_t written = send(descriptor, line, length, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (written < 0 && errno == ENOTSOCK && poll(&room, 1, 0) == 1 && (room.revents & POLLOUT))
        written = write(descriptor, line, length);
    return written == (ssize_t)length;
}

/* "2026-01-02 03:04:05.678 PID LEVEL module ", as oslo.log begins its lines, or "<6>module: " for the journal. */
static size_t begin_line(char *line, size_t size, bool journal, enum ostler_log_level level, const char *module)
{
    int length;

    if (journal) {
        length = snprintf(line, size, "<%d>%s: ", (int)level, module);
    } else {
        struct timespec now;
        struct tm local;
        char stamp[32];
        clock_gettime(CLOCK_REALTIME, &now);
        localtime_r(&now.tv_sec, &local);
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &local);
        length = snprintf(line, size, "%s.%03ld %ld %s %s ", stamp, now.tv_nsec / 1000000, (long)getpid(),
                          ostler_log_level_name(level), module);
    }
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

/* One line whatever @p text holds: a caller's text must not look like a line of ours. Ends with a newline. */
static size_t format_line(char *line, size_t size, bool journal, enum ostler_log_level level, const char *module,
                          const char *text)
{
    size_t length = begin_line(line, size - 1, journal, level, module);

    for (; *text && length < size - 1; text++)
        line[length++] = iscntrl((unsigned char)*text) ? ' ' : *text;
    line[length++] = '\n';
    return length;
}

static void report_lost(int descriptor, bool journal)
{
    char line[256], text[96];

    snprintf(text, sizeof text, "%lu log lines before this one could not be written", output.lost);
    if (write_now(descriptor, line, format_line(line, sizeof line, journal, OSTLER_LOG_WARNING, "ostlerd", text)))
        output.lost = 0;
}

static void sink(void *user, enum ostler_log_level level, const char *module, const char *text)
{
    (void)user;
    char line[LINE_BYTES];

    pthread_mutex_lock(&output.lock);
    int descriptor = output.file >= 0 ? output.file : STDERR_FILENO;
    bool journal = output.file < 0 && output.journal;
    if (output.lost > 0)
        report_lost(descriptor, journal);
    if (output.lost > 0 || !write_now(descriptor, line, format_line(line, sizeof line, journal, level, module, text)))
        output.lost++;
    pthread_mutex_unlock(&output.lock);
}

void log_init(void)
{
    /* Writing to a pipe that nobody reads, or beyond a limit of size, is an error as any other. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    tzset();
    output.journal = is_journal();
    ostler_log_set_sink(sink, NULL);
}

enum ostler_status log_open(const char *path, int *file, struct ostler_error *error)
{
    int opened = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);

    if (opened < 0)
        return ostler_error_set(error, OSTLER_E_CONFIG, "cannot open the log file %s: %s", path, strerror(errno));
    *file = opened;
    return OSTLER_OK;
}

void log_use(int file)
{
    pthread_mutex_lock(&output.lock);
    int before = output.file;
    output.file = file;
    pthread_mutex_unlock(&output.lock);
    if (before >= 0)
        close(before);
}
