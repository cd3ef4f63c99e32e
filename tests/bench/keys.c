/* Times full-screen programs that take turns on terminals of their own, 80 by 24.
 *
 *   keys TURNS KEY KEY -- COMMAND… [-- COMMAND …]…
 *
 * The two keys (down, up; C escapes as \033) are pressed in turn. Prints a line a contestant, with
 * medians: microseconds to the first paint, to what a key paints, CPU nanoseconds and bytes a key;
 * microseconds and bytes of 300 keys at once; microseconds and bytes of a resize; wakes and bytes
 * of an idle second; peak memory in kB. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CONTESTANTS_MAX = 8, TURNS_MAX = 200, KEYS = 40, BURST = 300 };
/* After so long without a byte the screen is painted; a first byte may take longer. */
enum { QUIET_MS = 40, PATIENCE_MS = 3000 };

enum measure {
    PAINT_US,
    KEY_US,
    KEY_CPU_NS,
    KEY_BYTES,
    BURST_US,
    BURST_BYTES,
    RESIZE_US,
    RESIZE_BYTES,
    IDLE_WAKES,
    IDLE_BYTES,
    PEAK_KB,
    MEASURES
};

struct contestant {
    char **words; /* ends with NULL */
    double taken[MEASURES][TURNS_MAX];
};

struct run {
    pid_t child;
    int terminal;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static void stop(const char *what)
{
    fprintf(stderr, "keys: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void set_size(int terminal, unsigned short rows, unsigned short columns)
{
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    if (ioctl(terminal, TIOCSWINSZ, &size) != 0)
        stop("window size");
}

static struct run spawn(char **words)
{
    struct run run = {.terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (run.terminal < 0 || grantpt(run.terminal) != 0 || unlockpt(run.terminal) != 0)
        stop("pty");
    set_size(run.terminal, 24, 80);
    run.child = fork();
    if (run.child < 0)
        stop("fork");
    if (run.child == 0) {
        setsid();
        int side = open(ptsname(run.terminal), O_RDWR);
        for (int fd = 0; fd < 3; fd++)
            dup2(side, fd);
        if (side > 2)
            close(side);
        execvp(words[0], words);
        _exit(127);
    }
    return run;
}

/* Reads until nothing comes for a while. Returns when the last byte came; 0: none did. */
static double drain(const struct run *run, int first_ms, double *bytes)
{
    char buffer[65536];
    struct pollfd waits = {.fd = run->terminal, .events = POLLIN};
    double last = 0;
    *bytes = 0;
    while (poll(&waits, 1, last > 0 ? QUIET_MS : first_ms) > 0) {
        ssize_t count = read(run->terminal, buffer, sizeof buffer);
        if (count <= 0)
            break;
        *bytes += (double)count;
        last = now();
    }
    return last;
}

static void send_keys(const struct run *run, const char *keys)
{
    size_t length = strlen(keys);
    if (write(run->terminal, keys, length) != (ssize_t)length)
        stop("write");
}

/* CPU time of the program so far, and how often it slept. */
static double cpu_ns(const struct run *run)
{
    char path[64];
    double ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", (int)run->child);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%lf", &ns) != 1)
        ns = 0;
    if (file)
        fclose(file);
    return ns;
}

static double wakes(const struct run *run)
{
    char path[64], line[200];
    double count = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)run->child);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "voluntary_ctxt_switches: %lf", &count);
    if (file)
        fclose(file);
    return count;
}

static int compare(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static double median(double *items, int count)
{
    qsort(items, (size_t)count, sizeof *items, compare);
    return items[count / 2];
}

static void press_each(const struct run *run, const char *const keys[2], double out[MEASURES])
{
    double times[KEYS], bytes, all = 0, before = cpu_ns(run);
    for (int i = 0; i < KEYS; i++) {
        double start = now();
        send_keys(run, keys[i % 2]);
        double end = drain(run, PATIENCE_MS, &bytes);
        times[i] = end > 0 ? end - start : PATIENCE_MS * 1e3;
        all += bytes;
    }
    out[KEY_CPU_NS] = (cpu_ns(run) - before) / KEYS;
    out[KEY_US] = median(times, KEYS);
    out[KEY_BYTES] = all / KEYS;
}

static void press_all(const struct run *run, const char *const keys[2], double out[MEASURES])
{
    char burst[BURST * 16];
    size_t length = 0;
    for (int i = 0; i < BURST; i++)
        length +=
            (size_t)snprintf(burst + length, sizeof burst - length, "%s", keys[i % 10 < 7 ? 0 : 1]);
    double start = now();
    send_keys(run, burst);
    double end = drain(run, PATIENCE_MS, &out[BURST_BYTES]);
    out[BURST_US] = end > 0 ? end - start : 0;
}

static void measure(char **words, const char *const keys[2], double out[MEASURES])
{
    double ignored, start = now();
    struct run run = spawn(words);
    double end = drain(&run, PATIENCE_MS, &ignored);
    out[PAINT_US] = end > 0 ? end - start : PATIENCE_MS * 1e3;
    press_each(&run, keys, out);
    press_all(&run, keys, out);
    start = now();
    set_size(run.terminal, 30, 100);
    end = drain(&run, PATIENCE_MS / 3, &out[RESIZE_BYTES]);
    out[RESIZE_US] = end > 0 ? end - start : 0;
    double before = wakes(&run);
    drain(&run, 1000, &out[IDLE_BYTES]);
    out[IDLE_WAKES] = wakes(&run) - before;
    struct rusage usage = {0};
    kill(run.child, SIGTERM);
    kill(run.child, SIGCONT);
    while (wait4(run.child, NULL, 0, &usage) < 0 && errno == EINTR)
        ;
    close(run.terminal);
    out[PEAK_KB] = (double)usage.ru_maxrss;
}

/* "\033[B" as bytes. */
static void unescape(char *text)
{
    char *to = text;
    for (char *from = text; *from;) {
        if (strncmp(from, "\\033", 4) == 0) {
            *to++ = '\033';
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

int main(int argc, char **argv)
{
    static struct contestant contestants[CONTESTANTS_MAX];
    int count = 0;
    if (argc < 6)
        return 2;
    int turns = atoi(argv[1]);
    turns = turns > TURNS_MAX ? TURNS_MAX : turns;
    unescape(argv[2]);
    unescape(argv[3]);
    const char *const keys[2] = {argv[2], argv[3]};
    for (int i = 4; i < argc && count < CONTESTANTS_MAX; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        argv[i] = NULL;
        contestants[count++].words = &argv[i + 1];
    }
    for (int i = 0; i < turns; i++)
        for (int j = 0; j < count; j++) {
            double out[MEASURES] = {0};
            measure(contestants[j].words, keys, out);
            for (int k = 0; k < MEASURES; k++)
                contestants[j].taken[k][i] = out[k];
        }
    for (int j = 0; j < count; j++) {
        for (int k = 0; k < MEASURES; k++)
            printf("%.0f ", median(contestants[j].taken[k], turns));
        putchar('\n');
    }
    return 0;
}
