#include "coordinator/methods/start.h"

#include "coordinator/methods/lapq.h"
#include "coordinator/methods/layerwise.h"

/* The rule of a layer-wise method under its settings. */
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
    };

    return rules[method->name][method->variant];
}

/* Steps by one rule, tensor after tensor, without a search. */
static int find_layerwise(const struct method_task *task, struct clip_rule rule,
                          struct result *result, struct error *err)
{
    struct result_phase *phase = method_begin_phase(task->team, result, "layer-wise");
    struct layerwise layerwise;
    int status;

    layerwise_init(&layerwise, task->team, task->one->method->layerwise, rule.kind);
    status = layerwise_steps(&layerwise, &rule, result->start.steps, result, err);
    layerwise_clear(&layerwise);
    if (status == 0)
        status = team_score(task->team, result->start.steps, 1,
                            &result->start.calibration, err);
    phase->evaluations = 1;
    method_end_phase(task->team, phase);
    return status;
}

int start_find(const struct method_task *task, struct result *result, struct error *err)
{
    const struct config_method_settings *method = task->one->method;
    int status = method->name == METHOD_LAPQ
                     ? lapq_find_start(task, result, err)
                     : find_layerwise(task, rule_of(method), result, err);

    if (status == 0 && task->has_check)
        status =
            team_check(task->team, result->start.steps, 1, &result->start.check, err);
    return status;
}
