#include "coordinator/methods/start.h"

#include "coordinator/methods/layerwise.h"
#include "core/base/random.h"

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

static int find_layerwise(const struct method_task *task, long *evaluations,
                          struct result *result, struct error *err)
{
    int status = find_steps(task, method_of(task->one->method)->rule(task->one->method),
                            result, err);

    if (status == 0)
        status = team_score(task->team, result->start.choices, 1,
                            &result->start.calibration, err);
    *evaluations = 1;
    return status;
}

/* Each clip becomes a part of what it was. */
static void draw(const struct placement *placement, uint64_t seed,
                 struct choice *choices)
{
    struct random_stream stream = {seed};

    for (int item = 0; item < placement->count; item++) {
        const struct quantized_tensor *tensor = &placement->items[item];
        double clip;

        if (choices[item].step == 0)
            continue;
        clip = choice_clip(choices[item]);
        choices[item] =
            placement_put_clip(tensor, choices[item], clip * random_fraction(&stream));
    }
}

/* Clips between zero and the largest magnitude of each tensor under min-max steps. */
static int find_random(const struct method_task *task, long *evaluations,
                       struct result *result, struct error *err)
{
    int status = find_steps(task, (struct clip_rule){.kind = CLIP_MINMAX}, result, err);

    if (status == 0) {
        draw(result->placement, task->seed, result->start.choices);
        status = team_score(task->team, result->start.choices, 1,
                            &result->start.calibration, err);
    }
    *evaluations = 1;
    return status;
}

const struct method_start start_layerwise = {"layer-wise", find_layerwise};
const struct method_start start_random = {"random start", find_random};

const struct method_start *
start_is_layerwise(const struct config_method_settings *settings)
{
    (void)settings;
    return &start_layerwise;
}

int start_find(const struct method_task *task, struct result *result, struct error *err)
{
    const struct config_method_settings *settings = task->one->method;
    const struct method_start *start = method_of(settings)->start(settings);
    int phase = method_begin_phase(task->team, result, start->phase);
    long evaluations = 0;
    int status = start->find(task, &evaluations, result, err);

    if (status == 0 && task->has_check)
        status =
            team_check(task->team, result->start.choices, 1, &result->start.check, err);
    method_end_phase(task->team, result, phase, evaluations);
    return status;
}
