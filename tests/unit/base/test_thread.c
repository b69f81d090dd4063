/* SPDX-License-Identifier: Apache-2.0 */
#include <ostler/thread.h>

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

/* What a thread finds when it begins. */
struct found {
    sigset_t mask;
    char name[16];
    pthread_mutex_t lock; /* the name is there when it is free */
};

static void *look(void *argument)
{
    struct found *found = argument;

    pthread_sigmask(SIG_SETMASK, NULL, &found->mask);
    pthread_mutex_lock(&found->lock);
    pthread_getname_np(pthread_self(), found->name, sizeof found->name);
    pthread_mutex_unlock(&found->lock);
    return NULL;
}

static void run(struct found *found, const char *name)
{
    pthread_t thread;

    pthread_mutex_init(&found->lock, NULL);
    pthread_mutex_lock(&found->lock);
    cr_assert_eq(ostler_thread_start(&thread, name, look, found, NULL), OSTLER_OK);
    pthread_mutex_unlock(&found->lock);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    pthread_mutex_destroy(&found->lock);
}

Test(thread, signals_are_blocked_but_those_of_its_own, .timeout = 60)
{
    static const int others[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGCHLD};
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGTRAP};
    struct found found;

    run(&found, "signals");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect(sigismember(&found.mask, others[i]) == 1, "%s", strsignal(others[i]));
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        cr_expect(sigismember(&found.mask, own[i]) == 0, "%s", strsignal(own[i]));
}

Test(thread, leaves_the_callers_signals_alone, .timeout = 60)
{
    struct found found;
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    run(&found, "signals");
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    cr_expect(sigismember(&mask, SIGUSR1) == 1);
    cr_expect(sigismember(&mask, SIGTERM) == 0);
}

Test(thread, name_is_cut, .timeout = 60)
{
    struct found found;

    run(&found, "a-name-of-more-than-fifteen-bytes");
    cr_expect_str_eq(found.name, "a-name-of-more-");
}

Test(thread, none_is_told, .timeout = 60)
{
    struct ostler_error error = OSTLER_ERROR_INIT;
    pthread_t thread = pthread_self();
    pthread_attr_t large;
    sigset_t mask;

    /* No room for such a stack. */
    pthread_attr_init(&large);
    cr_assert_eq(pthread_attr_setstacksize(&large, (size_t)1 << 60), 0);
    cr_assert_eq(pthread_setattr_default_np(&large), 0);
    cr_expect_eq(ostler_thread_start(&thread, "large", look, NULL, &error), OSTLER_E_SYSTEM);
    cr_expect(pthread_equal(thread, pthread_self()), "the output was touched");
    cr_expect(strstr(error.message, "cannot start the thread large: "), "%s", error.message);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    cr_expect(sigismember(&mask, SIGTERM) == 0);
    pthread_attr_destroy(&large);
    ostler_error_clear(&error);
}

/* --- Conditions ----------------------------------------------------------------------------------------------------- */

struct flag {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool raised;
};

static void flag_init(struct flag *flag)
{
    *flag = (struct flag){.raised = false};
    pthread_mutex_init(&flag->lock, NULL);
    ostler_cond_init(&flag->changed);
    pthread_mutex_lock(&flag->lock);
}

static void flag_fini(struct flag *flag)
{
    pthread_mutex_unlock(&flag->lock);
    cr_expect_eq(pthread_cond_destroy(&flag->changed), 0);
    cr_expect_eq(pthread_mutex_destroy(&flag->lock), 0, "the lock is held");
}

static void *raise_flag(void *argument)
{
    struct flag *flag = argument;

    pthread_mutex_lock(&flag->lock);
    flag->raised = true;
    pthread_cond_signal(&flag->changed);
    pthread_mutex_unlock(&flag->lock);
    return NULL;
}

Test(cond, waits_until_it_is_signalled, .timeout = 60)
{
    const ostler_time deadlines[] = {OSTLER_NEVER, ostler_deadline(3600.0)};

    for (size_t i = 0; i < sizeof deadlines / sizeof deadlines[0]; i++) {
        struct flag flag;
        pthread_t thread;
        flag_init(&flag);
        cr_assert_eq(ostler_thread_start(&thread, "raise", raise_flag, &flag, NULL), OSTLER_OK);
        while (!flag.raised)
            cr_expect(ostler_cond_wait(&flag.changed, &flag.lock, deadlines[i]));
        pthread_join(thread, NULL);
        flag_fini(&flag);
    }
}

Test(cond, comes_back_at_the_deadline, .timeout = 60)
{
    ostler_time deadline = ostler_deadline(0.01);
    struct flag flag;

    flag_init(&flag);
    while (ostler_cond_wait(&flag.changed, &flag.lock, deadline))
        ;
    cr_expect_geq(ostler_now(), deadline);
    cr_expect_not(ostler_cond_wait(&flag.changed, &flag.lock, OSTLER_AT_ONCE));
    flag_fini(&flag);
}
