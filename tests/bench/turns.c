/* Times commands that take turns, so that what else the machine does hits all alike.
 *
 *   turns TURNS SECONDS -- COMMAND [+ COMMAND]… [-- COMMAND …]…
 *
 * A contestant is one command, or several with "+" between them, run one after another. A word that
 * begins with "@" is a shell line run before each turn, not timed. Ends after TURNS turns, or when
 * SECONDS are over and three were done. Prints a line a contestant: median in
 * microseconds, peak memory in kB, exit status of the last run, and in per cent of the median how
 * far chance may have moved it (one standard error, from the quartiles). */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { CONTESTANTS_MAX = 8, TURNS_MAX = 1000, TURNS_LEAST = 3 };

struct contestant {
    char **words; /* ends with NULL */
    char *before;
    double taken[TURNS_MAX];
    int turns;
    long peak_kb;
    int status;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

/* Runs words with nothing to read and nobody to read it. */
static int run(char **words, struct rusage *usage)
{
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    int failed = posix_spawnp(&child, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) {
        fprintf(stderr, "turns: %s: %s\n", words[0], strerror(failed));
        exit(2);
    }
    while (wait4(child, &status, 0, usage) < 0)
        if (errno != EINTR)
            exit(2);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void take_turn(struct contestant *c)
{
    struct rusage usage;
    if (c->before) {
        char name[] = "sh", option[] = "-c", *shell[] = {name, option, c->before, NULL};
        run(shell, &usage);
    }
    double start = now();
    for (char **words = c->words; *words;) {
        char **end = words;
        while (*end && strcmp(*end, "+") != 0)
            end++;
        char *cut = *end;
        *end = NULL;
        c->status = run(words, &usage);
        *end = cut;
        words = cut ? end + 1 : end;
        if (usage.ru_maxrss > c->peak_kb)
            c->peak_kb = usage.ru_maxrss;
    }
    c->taken[c->turns++] = now() - start;
}

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void report(struct contestant *c)
{
    qsort(c->taken, (size_t)c->turns, sizeof *c->taken, compare);
    double median = c->taken[c->turns / 2];
    double quartiles = c->taken[c->turns * 3 / 4] - c->taken[c->turns / 4];
    printf("%.0f %ld %d %.1f\n", median, c->peak_kb, c->status,
           93 * quartiles / sqrt(c->turns) / median);
}

int main(int argc, char **argv)
{
    static struct contestant contestants[CONTESTANTS_MAX];
    int count = 0;
    if (argc < 5)
        return 2;
    int turns = atoi(argv[1]);
    double until = now() + atof(argv[2]) * 1e6;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--") != 0 || count == CONTESTANTS_MAX)
            continue;
        argv[i] = NULL;
        if (i + 1 < argc && *argv[i + 1] == '@')
            contestants[count].before = argv[++i] + 1;
        contestants[count++].words = &argv[i + 1];
    }
    for (int i = 0; i < turns && i < TURNS_MAX && (i < TURNS_LEAST || now() < until); i++)
        for (int j = 0; j < count; j++)
            take_turn(&contestants[j]);
    for (int j = 0; j < count; j++)
        report(&contestants[j]);
    return 0;
}
