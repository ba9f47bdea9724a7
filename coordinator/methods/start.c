#include "coordinator/methods/start.h"

#include "coordinator/methods/lapq.h"
#include "coordinator/methods/layerwise.h"
#include "core/base/random.h"

/* The rule of a layer-wise method under its settings; of lapq, that of its layer-wise start. */
static struct clip_rule rule_of(const struct config_method_settings *method)
{
    const struct clip_rule rules[][VARIANT_COUNT] = {
        [METHOD_MINMAX] = {{.kind = CLIP_MINMAX}},
        [METHOD_PERCENTILE] = {{.kind = CLIP_PERCENTILE, .number = method->percentile}},
        [METHOD_MMSE] = {{.kind = CLIP_LP, .number = 2}, {.kind = CLIP_OCS_MSE}},
        [METHOD_LP] = {{.kind = CLIP_LP, .number = method->norm}},
        [METHOD_COSINE] = {{.kind = CLIP_COSINE}},
        [METHOD_ACIQ] = {{.kind = CLIP_ACIQ, .density = method->density},
                         {.kind = CLIP_OCS_ACIQ}},
        [METHOD_KLD] = {{.kind = method->sides == SIDES_BOTH ? CLIP_KLD_SYMMETRIC
                                                             : CLIP_KLD},
                        {.kind = CLIP_OCS_KL}},
        [METHOD_LAPQ] = {{.kind = CLIP_LP, .number = 2}},
        [METHOD_DUAL] = {{.kind = CLIP_LP, .number = 2}},
    };

    return rules[method->name][method->variant];
}

/* Steps by one rule, tensor after tensor. */
static int find_steps(const struct method_task *task, struct clip_rule rule,
                      struct result *result, struct error *err)
{
    struct layerwise layerwise;
    int status;

    layerwise_init(&layerwise, task->team, task->one->method, rule.kind);
    status = layerwise_steps(&layerwise, &rule, result->start.choices, result, err);
    layerwise_clear(&layerwise);
    return status;
}

static int find_layerwise(const struct method_task *task, struct result_phase *phase,
                          struct result *result, struct error *err)
{
    int status = find_steps(task, rule_of(task->one->method), result, err);

    if (status == 0)
        status = team_score(task->team, result->start.choices, 1,
                            &result->start.calibration, err);
    phase->evaluations = 1;
    return status;
}

/* Each clip becomes a part of what it was. */
static void draw(const struct placement *placement, uint64_t seed,
                 struct choice *choices)
{
    struct random_stream stream = {seed};

    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        double clip = choices[item].step * grid_levels(tensor->grid, tensor->bits);

        choices[item].step =
            placement_step_of_clip(tensor, clip * random_fraction(&stream));
    }
}

/* Clips between zero and the largest magnitude of each tensor under min-max steps. */
static int find_random(const struct method_task *task, struct result_phase *phase,
                       struct result *result, struct error *err)
{
    int status = find_steps(task, (struct clip_rule){.kind = CLIP_MINMAX}, result, err);

    if (status == 0) {
        draw(result->placement, task->seed, result->start.choices);
        status = team_score(task->team, result->start.choices, 1,
                            &result->start.calibration, err);
    }
    phase->evaluations = 1;
    return status;
}

/* The phase that finds a start, and how. */
static const struct start {
    const char *name;
    int (*find)(const struct method_task *task, struct result_phase *phase,
                struct result *result, struct error *err);
} starts[] = {
    [START_P_GRID] = {"p grid", lapq_find_start},
    [START_LAYERWISE] = {"layer-wise", find_layerwise},
    [START_RANDOM] = {"random start", find_random},
};

int start_find(const struct method_task *task, struct result *result, struct error *err)
{
    const struct config_method_settings *method = task->one->method;
    const struct start *start =
        &starts[method->name == METHOD_LAPQ ? method->start : START_LAYERWISE];
    struct result_phase *phase = method_begin_phase(task->team, result, start->name);
    int status = start->find(task, phase, result, err);

    if (status == 0 && task->has_check)
        status =
            team_check(task->team, result->start.choices, 1, &result->start.check, err);
    method_end_phase(task->team, phase);
    return status;
}
