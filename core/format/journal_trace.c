#include "core/format/journal_trace.h"

#include "core/base/memory.h"
#include "core/evaluate/score.h"
#include "core/format/journal_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct journal_trace *trace;
    enum metric metric;
    double best; /* infinite: none yet */
    int room;
};

static void add(struct reading *reading, struct trace_point point)
{
    struct journal_trace *trace = reading->trace;

    if (trace->count == reading->room) {
        reading->room = reading->room ? 2 * reading->room : 256;
        trace->points =
            memory_resize(trace->points, (size_t)reading->room * sizeof *trace->points);
    }
    trace->points[trace->count++] = point;
}

static void add_score(struct reading *reading, const struct score *score)
{
    bool is_finite = score->not_finite == 0;
    double loss = is_finite ? score_loss(score) : NAN;

    add(reading, (struct trace_point){
                     .loss = loss,
                     .metric = is_finite ? score_metric(score, reading->metric) : NAN});
    reading->best = fmin(reading->best, loss);
}

static void add_dropped(struct reading *reading, const struct journal_dropped *dropped)
{
    double loss = reading->best + dropped->excess;

    add(reading, (struct trace_point){.loss = isfinite(loss) ? loss : NAN,
                                      .metric = NAN,
                                      .is_dropped = true});
}

static void add_record(struct reading *reading, const struct journal_head *head,
                       const char *payload)
{
    struct score score;
    struct journal_dropped dropped;

    if (head->kind == JOURNAL_SCORE && head->bytes == sizeof score) {
        memcpy(&score, payload, sizeof score);
        add_score(reading, &score);
    }
    if (head->kind == JOURNAL_DROPPED && head->bytes == sizeof dropped) {
        memcpy(&dropped, payload, sizeof dropped);
        add_dropped(reading, &dropped);
    }
}

bool journal_trace_read(const char *path, enum metric metric,
                        struct journal_trace *trace)
{
    struct reading reading = {.trace = trace, .metric = metric, .best = INFINITY};
    struct error ignored;
    char *image;
    size_t used, at, bytes;
    bool is_there = journal_file_image(path, &image, &used, &ignored) == 0 &&
                    journal_file_is_whole(image, used);

    *trace = (struct journal_trace){0};
    at = is_there ? journal_file_first(image, used) : 0;
    while (is_there && (bytes = journal_file_intact(image, used, at)) > 0) {
        struct journal_head head = journal_file_head(image, at);

        add_record(&reading, &head, image + at + sizeof head);
        at += bytes;
    }
    free(image);
    return is_there;
}

void journal_trace_clear(struct journal_trace *trace)
{
    free(trace->points);
    *trace = (struct journal_trace){0};
}
