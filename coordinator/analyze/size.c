#include "coordinator/analyze/size.h"

#include "coordinator/analyze/draws.h"
#include "core/base/hash.h"
#include "core/base/memory.h"

#include <stdlib.h>

/* ---- settings ------------------------------------------------------------------------------- */

enum { SIZES_MOST = 16 };

struct size_settings {
    int sizes[SIZES_MOST], size_count;
    int draws;
};

static_assert(sizeof(struct size_settings) <= CONFIG_OWN_BYTES,
              "raise CONFIG_OWN_BYTES");

#define OWN(member) CONFIG_ANALYSIS_OWN(size_settings, member)

static const struct config_field fields[] = {
    {"sizes", KIND_INT, OWN(sizes), "[16, 32, 64, 128, 256]", .range = {1, 1e9},
     .help = "how many calibration samples the method sees: at most those of the case",
     .list = {1, SIZES_MOST, sizeof(int), OWN(size_count), .increasing = true},
     .only = "size"},
    {"draws", KIND_INT, OWN(draws), "5", .range = {1, 1000},
     .help = "sets of each size, which follow from the seed", .only = "size"},
};

const struct config_section size_section = CONFIG_FIELDS(fields);

/* ---- one draw ------------------------------------------------------------------------------- */

struct sizes {
    struct analysis_task *task;
    const struct size_settings *settings;
    struct score *seen, *unseen; /* [sizes, draws] owned */
};

static struct sample_draw draw_of(const struct sizes *sizes, int at)
{
    const struct size_settings *settings = sizes->settings;
    uint64_t numbers[] = {sizes->task->method.seed,
                          (uint64_t)settings->sizes[at / settings->draws],
                          (uint64_t)(at % settings->draws)};

    return (struct sample_draw){(size_t)numbers[1],
                                hash_bytes(numbers, sizeof numbers, 0)};
}

/* Finds a result with the draw that is open, and judges it. What other cases share is not of this draw. */
static int work_with(struct sizes *sizes, const struct team_case *opened, int at,
                     struct error *err)
{
    struct method_task task = sizes->task->method;
    struct result result = {0};
    int status;

    calibration_describe(sizes->task->calibration, opened, &result);
    task.folder = NULL;
    status = method_run(&task, &result, err);
    if (status == 0)
        status = team_put_state(task.team, &result.result.state, err);
    if (status == 0)
        status =
            team_validate(task.team, result.result.choices, 1, &sizes->unseen[at], err);
    sizes->seen[at] = result.result.calibration;
    result_clear(&result);
    return status;
}

static int draw_all(struct sizes *sizes, struct error *err)
{
    const struct size_settings *settings = sizes->settings;
    const struct method_task *task = &sizes->task->method;

    for (int at = 0; at < settings->size_count * settings->draws; at++) {
        struct team_case opened;

        progress_show(task->progress, "%s: %s, draw %d of %d with %d samples",
                      sizes->task->result->case_id,
                      config_analysis_title(sizes->task->settings),
                      at % settings->draws + 1, settings->draws,
                      settings->sizes[at / settings->draws]);
        if (team_draw(task->team, draw_of(sizes, at), &opened, err) < 0 ||
            work_with(sizes, &opened, at, err) < 0)
            return -1;
    }
    return 0;
}

/* ---- what it tells -------------------------------------------------------------------------- */

/* The mean of draws, and with three values the ends of its interval. */
static void add_mean(const struct sizes *sizes, struct findings *findings,
                     const double *draws, const struct findings_name *of, int axis,
                     int value_count)
{
    static const struct {
        const char *suffix, *meaning;
    } told[] = {{"", "mean over draws"},
                {"_low", "lower end of the 95 % confidence interval of the mean"},
                {"_high", "upper end of the 95 % confidence interval of the mean"}};
    const struct size_settings *settings = sizes->settings;

    for (int i = 0; i < value_count; i++) {
        char name[96];
        double *values;

        snprintf(name, sizeof name, "%s%s", of->name, told[i].suffix);
        values = findings_add_variable(
            findings, (struct findings_name){name, told[i].meaning, of->unit}, &axis,
            1);
        for (int size = 0; size < settings->size_count; size++) {
            struct draws_mean mean =
                draws_mean_of(draws + size * settings->draws, settings->draws);
            const double of_mean[] = {mean.mean, mean.low, mean.high};

            values[size] = of_mean[i];
        }
    }
}

static int add_draws(const struct sizes *sizes, struct findings *findings)
{
    int count = sizes->settings->draws, axis;
    double *numbers = memory_get((size_t)count * sizeof *numbers);

    for (int i = 0; i < count; i++)
        numbers[i] = i + 1;
    axis = findings_add_axis(findings,
                             (struct findings_name){"draw", "of as many samples", ""},
                             count, numbers);
    free(numbers);
    return axis;
}

static int add_sizes(const struct sizes *sizes, struct findings *findings)
{
    double numbers[SIZES_MOST];

    for (int i = 0; i < sizes->settings->size_count; i++)
        numbers[i] = sizes->settings->sizes[i];
    return findings_add_axis(
        findings, (struct findings_name){"samples", "that the method sees", ""},
        sizes->settings->size_count, numbers);
}

/* Loss and metric of each draw, and their means. */
static void tell_scores(const struct sizes *sizes, struct findings *findings,
                        const char *prefix, const char *what,
                        const struct score *scores, const int axes[2], int value_count)
{
    int first = findings->variable_count;
    int count = sizes->settings->size_count * sizes->settings->draws;

    analysis_add_scores(sizes->task, findings, prefix, what, axes, 2, scores, count);
    for (int i = first; i < first + 2; i++) {
        char name[64];
        struct findings_name of = findings->variables[i].name;

        snprintf(name, sizeof name, "mean_%.50s", of.name);
        of.name = name;
        add_mean(sizes, findings, findings->variables[i].values, &of, axes[0],
                 value_count);
    }
}

static void tell(const struct sizes *sizes, struct findings *findings)
{
    int axes[2];

    axes[0] = add_sizes(sizes, findings);
    axes[1] = add_draws(sizes, findings);
    tell_scores(sizes, findings, "validation_", "on validation samples", sizes->unseen,
                axes, 3);
    tell_scores(sizes, findings, "", "on the samples that were drawn", sizes->seen,
                axes, 1);
    analysis_add_score_facts(sizes->task, findings, "float_validation_",
                             "of the float network on validation samples",
                             &sizes->task->result->float_validation);
}

/* ---- the analysis --------------------------------------------------------------------------- */

static int check(const struct sizes *sizes, struct error *err)
{
    const struct team_case *opened = sizes->task->opened;
    int largest = sizes->settings->sizes[sizes->settings->size_count - 1];

    if (opened->validation_samples == 0)
        return error_set(err, EXIT_CONFIG,
                         "what was found is judged on samples that the method does not "
                         "see, and the model has no validation samples");
    if ((size_t)largest > opened->calibration_samples)
        return error_set(err, EXIT_CONFIG,
                         "`sizes` names %d samples, and the case has %zu to draw from; "
                         "name fewer, or give the model more calibration samples",
                         largest, opened->calibration_samples);
    return 0;
}

/* All samples again, whatever came of it. */
static int draw_none(struct analysis_task *task, struct error *err)
{
    struct team_case opened;

    if (team_draw(task->method.team, (struct sample_draw){0}, &opened, err) < 0)
        return -1;
    task->result->network = team_network(task->method.team);
    task->result->placement = team_placement(task->method.team);
    return 0;
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    struct sizes sizes = {.task = task, .settings = (const void *)task->settings->own};
    size_t count = (size_t)(sizes.settings->size_count * sizes.settings->draws);
    int status = check(&sizes, err);

    if (status < 0)
        return -1;
    sizes.seen = memory_zeroed(count, sizeof *sizes.seen);
    sizes.unseen = memory_zeroed(count, sizeof *sizes.unseen);
    status = draw_all(&sizes, err);
    if (status == 0)
        status = draw_none(task, err);
    if (status == 0)
        tell(&sizes, findings);
    free(sizes.seen);
    free(sizes.unseen);
    return status;
}

const struct analysis_kind size_analysis = {
    {"size", "loss and metric on unseen samples over the size of the calibration set"},
    .needs_point = false,
    .run = run,
};
