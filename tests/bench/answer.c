/* What an event of the wizard costs in CPU, however it is shown.
 *
 *   answer CONFIG TIMES PAGE FIELD VALUE VALUE
 *   answer CONFIG TIMES PAGE
 *
 * The two values are typed (judged, as after a key) and then answered in turn, the page made anew
 * after each. Prints medians: microseconds a key, microseconds an answer. Without them the page is
 * entered as the first after the wizard has begun: microseconds until it is there. */
#include "base/mem.h"
#include "flow/flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIMES_MAX = 1000 };

static double cpu_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *times, size_t count)
{
    qsort(times, count, sizeof *times, by_size);
    return times[count / 2];
}

static void fail(const char *what, const struct error *err)
{
    fprintf(stderr, "answer: %s: %s %s\n", what, err->place, err->message);
    exit(1);
}

static struct flow *begin(const struct catalogue *catalogue, const char *config)
{
    const struct flow_options options = {.config = config, .catalogue = catalogue};
    struct error err = {0};
    struct flow *flow;
    if (!flow_open(&options, &flow, &err))
        fail(config, &err);
    (void)flow_page(flow);
    return flow;
}

static void enter(struct flow *flow, const char *page)
{
    struct error err = {0};
    const struct event go = {.kind = EVENT_GOTO, .id = page};
    if (!flow_take(flow, &go, &err) || strcmp(flow_page(flow)->id, page) != 0)
        fail(page, &err);
}

static void measure_entry(const struct catalogue *catalogue, char **argv, size_t times)
{
    static double entries[TIMES_MAX];
    for (size_t i = 0; i < times; i++) {
        struct flow *flow = begin(catalogue, argv[1]);
        double start = cpu_us();
        enter(flow, argv[3]);
        entries[i] = cpu_us() - start;
        flow_free(flow);
    }
    printf("%.0f\n", median(entries, times));
}

static void measure_answers(const struct catalogue *catalogue, char **argv, size_t times)
{
    static double keys[TIMES_MAX], answers[TIMES_MAX];
    struct flow *flow = begin(catalogue, argv[1]);
    struct error err = {0};
    enter(flow, argv[3]);
    for (size_t i = 0; i < times; i++) {
        struct page page;
        const char *value = argv[5 + i % 2];
        double start = cpu_us();
        flow_judge(flow, argv[4], value, &page);
        page_free(&page);
        keys[i] = cpu_us() - start;
        const struct event set = {.kind = EVENT_SET, .id = argv[4], .text = value, .insist = true};
        start = cpu_us();
        if (!flow_take(flow, &set, &err))
            fail(argv[4], &err);
        (void)flow_page(flow);
        answers[i] = cpu_us() - start;
    }
    printf("%.0f %.0f\n", median(keys, times), median(answers, times));
    flow_free(flow);
}

int main(int argc, char **argv)
{
    struct catalogue catalogue;
    struct error err = {0};
    size_t times = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if ((argc != 4 && argc != 7) || times < 1 || times > TIMES_MAX ||
        !catalogue_load(NULL, &catalogue, &err))
        return 2;
    if (argc == 4)
        measure_entry(&catalogue, argv, times);
    else
        measure_answers(&catalogue, argv, times);
    catalogue_free(&catalogue);
    return 0;
}
