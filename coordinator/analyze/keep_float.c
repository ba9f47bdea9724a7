#include "coordinator/analyze/keep_float.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* Candidates: those with one tensor in float, those with one alone quantized, and none quantized. */
static int candidate_count(int count)
{
    return 2 * count + 1;
}

static struct choice *make_candidates(const struct analysis_task *task, int count)
{
    const struct choice *point = task->result->result.choices;
    struct choice *all = analysis_points(task, point, candidate_count(count));
    size_t items = (size_t)count;

    for (int i = 0; i < count; i++)
        all[(size_t)i * items + (size_t)i] = (struct choice){0};
    for (int i = count; i < candidate_count(count); i++)
        for (int item = 0; item < count; item++)
            if (item != i - count)
                all[(size_t)i * items + (size_t)item] = (struct choice){0};
    return all;
}

static void tell(const struct analysis_task *task, struct findings *findings,
                 const struct score *scores, int count)
{
    int axis = analysis_add_tensor_axis(task, findings, "tensor");

    analysis_add_scores(task, findings, "kept_",
                        "where it is in float and all others are quantized", &axis, 1,
                        scores, count);
    analysis_add_scores(task, findings, "alone_", "where it alone is quantized", &axis,
                        1, scores + count, count);
    analysis_add_score_facts(task, findings, "none_", "where all are in float",
                             &scores[2 * count]);
    analysis_add_score_facts(task, findings, "all_", "of the case's result",
                             &task->result->result.calibration);
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    int count = task->result->placement->count;
    struct choice *candidates = make_candidates(task, count);
    struct score *scores = memory_get((size_t)candidate_count(count) * sizeof *scores);
    int status = analysis_score(task, candidates, candidate_count(count), scores, err);

    if (status == 0)
        tell(task, findings, scores, count);
    free(candidates);
    free(scores);
    return status;
}

const struct analysis_kind keep_float_analysis = {
    {"keep_float", "what is gained by keeping each tensor in float, and what it costs "
                   "alone"},
    .needs_point = true,
    .run = run,
};
