#include "coordinator/analyze/analysis.h"

#include "core/base/memory.h"
#include "core/base/text.h"

#include <stdlib.h>
#include <string.h>

const struct analysis_kind *analysis_of(const struct config_analysis_settings *settings)
{
    return (const struct analysis_kind *)settings->analysis;
}

/* ---- points ------------------------------------------------------------------------------- */

/* Candidates that go to the ranks together. Those that differ in late tensors share what comes before, so more
 * of them cost less each; a machine that dies loses one batch. */
enum { BATCH = 32 };

typedef int score_fn(struct team *team, const struct choice *choices, int count,
                     struct score *scores, struct error *err);

static int score_in_batches(const struct analysis_task *task, score_fn *score,
                            const struct choice *choices, int count,
                            struct score *scores, struct error *err)
{
    size_t items = (size_t)task->result->placement->count;

    for (int done = 0; done < count; done += BATCH) {
        int batch = count - done < BATCH ? count - done : BATCH;

        progress_show(task->method.progress, "%s: %s, %d of %d points",
                      task->result->case_id, config_analysis_title(task->settings),
                      done, count);
        if (score(task->method.team, choices + (size_t)done * items, batch,
                  scores + done, err) < 0)
            return -1;
    }
    return 0;
}

int analysis_score(const struct analysis_task *task, const struct choice *choices,
                   int count, struct score *scores, struct error *err)
{
    return score_in_batches(task, team_score, choices, count, scores, err);
}

int analysis_validate(const struct analysis_task *task, const struct choice *choices,
                      int count, struct score *scores, struct error *err)
{
    return score_in_batches(task, team_validate, choices, count, scores, err);
}

struct choice *analysis_points(const struct analysis_task *task,
                               const struct choice *point, int count)
{
    size_t items = (size_t)task->result->placement->count;
    struct choice *points = memory_get((size_t)count * items * sizeof *points);

    for (int i = 0; i < count; i++)
        memcpy(points + (size_t)i * items, point, items * sizeof *points);
    return points;
}

/* ---- names, and what scores tell ------------------------------------------------------------ */

static enum metric metric_of(const struct analysis_task *task)
{
    return task->result->model->metric;
}

const char *analysis_metric(const struct analysis_task *task)
{
    return metric_table[metric_of(task)].name;
}

static const char *metric_unit(const struct analysis_task *task)
{
    return metric_is_share(metric_of(task)) ? "share" : "";
}

const char *analysis_loss_unit(const struct analysis_task *task)
{
    return loss_table[task->result->model->loss].is_distance ? "squared output"
                                                             : "nats";
}

enum { TEXT_BYTES = 192 };

/* "<prefix><what is told>", and "the mean loss <what>". */
struct named {
    char name[TEXT_BYTES], meaning[TEXT_BYTES];
};

static struct findings_name name_of(struct named *text, const char *prefix,
                                    const char *name, const char *told,
                                    const char *what, const char *unit)
{
    snprintf(text->name, sizeof text->name, "%s%s", prefix, name);
    snprintf(text->meaning, sizeof text->meaning, "%s %s", told, what);
    return (struct findings_name){text->name, text->meaning, unit};
}

static struct findings_name loss_name(const struct analysis_task *task,
                                      struct named *text, const char *prefix,
                                      const char *what)
{
    return name_of(text, prefix, "loss", "the mean loss", what,
                   analysis_loss_unit(task));
}

static struct findings_name metric_name(const struct analysis_task *task,
                                        struct named *text, const char *prefix,
                                        const char *what)
{
    return name_of(text, prefix, analysis_metric(task), analysis_metric(task), what,
                   metric_unit(task));
}

void analysis_add_scores(const struct analysis_task *task, struct findings *findings,
                         const char *prefix, const char *what, const int *axes,
                         int axis_count, const struct score *scores, int count)
{
    struct named text;
    double *losses = findings_add_variable(
        findings, loss_name(task, &text, prefix, what), axes, axis_count);
    double *metrics = findings_add_variable(
        findings, metric_name(task, &text, prefix, what), axes, axis_count);

    for (int i = 0; i < count; i++) {
        losses[i] = score_loss(&scores[i]);
        metrics[i] = score_metric(&scores[i], metric_of(task));
    }
}

void analysis_add_score_facts(const struct analysis_task *task,
                              struct findings *findings, const char *prefix,
                              const char *what, const struct score *score)
{
    struct named text;

    findings_add_fact(findings, loss_name(task, &text, prefix, what),
                      score_loss(score));
    findings_add_fact(findings, metric_name(task, &text, prefix, what),
                      score_metric(score, metric_of(task)));
}

int analysis_add_tensor_axis(const struct analysis_task *task,
                             struct findings *findings, const char *name)
{
    const struct placement *placement = task->result->placement;
    const char **names = memory_get((size_t)placement->count * sizeof *names);
    int axis;

    for (int item = 0; item < placement->count; item++)
        names[item] = placement->items[item].name;
    axis = findings_add_text_axis(
        findings,
        (struct findings_name){name, "tensors, in the order of execution", ""},
        placement->count, names);
    free(names);
    return axis;
}

static const char *nearest_name(const struct placement *placement, const char *name)
{
    size_t least = TEXT_DISTANCE_MOST;
    const char *nearest = placement->items[0].name;

    for (int item = 0; item < placement->count; item++) {
        size_t distance = text_distance(placement->items[item].name, name);

        if (distance < least) {
            least = distance;
            nearest = placement->items[item].name;
        }
    }
    return nearest;
}

int analysis_find_tensor(const struct analysis_task *task, const char *name, int *item,
                         struct error *err)
{
    const struct placement *placement = task->result->placement;

    for (*item = 0; *item < placement->count; ++*item)
        if (strcmp(placement->items[*item].name, name) == 0)
            return 0;
    return error_set(
        err, EXIT_CONFIG,
        "no tensor that is quantized is called \"%s\"; the nearest name is "
        "\"%s\"",
        name, nearest_name(placement, name));
}
