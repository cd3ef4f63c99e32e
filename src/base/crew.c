#include "base/crew.h"

#include "base/mem.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t process;
    int read_end; /* of what it says */
};

size_t crew_cores(void)
{
#ifdef CPU_COUNT
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
#endif
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (size_t)cores : 1;
}

static int work_apart(crew_function work, void *arg, size_t first, size_t last, int write_end)
{
    FILE *out = fdopen(write_end, "w");
    if (!out)
        return STATUS_SYSTEM;
    int status = work(arg, first, last, out);
    return fclose(out) == 0 ? status : STATUS_SYSTEM;
}

/* false: no process to be had; its share is done here. */
static bool start(struct worker *worker, crew_function work, void *arg, size_t first, size_t last)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    worker->process = fork();
    if (worker->process == 0) {
        close(ends[0]);
        _exit(work_apart(work, arg, first, last, ends[1]));
    }
    close(ends[1]);
    worker->read_end = ends[0];
    if (worker->process > 0)
        return true;
    close(ends[0]);
    return false;
}

static int finish(const struct worker *worker, FILE *out)
{
    char buffer[4096];
    ssize_t got;
    while ((got = read(worker->read_end, buffer, sizeof buffer)) != 0) {
        if (got > 0)
            fwrite(buffer, 1, (size_t)got, out);
        else if (errno != EINTR)
            break;
    }
    close(worker->read_end);
    int status = 0;
    while (waitpid(worker->process, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_SYSTEM;
}

int crew_run(crew_function work, void *arg, size_t count, size_t least, FILE *out)
{
    size_t shares = crew_cores();
    if (shares > count / (least ? least : 1))
        shares = count / (least ? least : 1);
    if (shares < 2)
        return work(arg, 0, count, out);
    struct worker *workers = xcalloc(shares, sizeof *workers);
    fflush(NULL); /* or each process would write what waits, too */
    size_t started = 1;
    while (started < shares && start(&workers[started], work, arg, count * started / shares,
                                     count * (started + 1) / shares))
        started++;
    int worst = work(arg, 0, count / shares, out);
    for (size_t i = 1; i < started; i++) {
        int status = finish(&workers[i], out);
        worst = status > worst ? status : worst;
    }
    if (started < shares) {
        int status = work(arg, count * started / shares, count, out);
        worst = status > worst ? status : worst;
    }
    free(workers);
    return worst;
}
