#include "coordinator/methods/method.h"

#include "coordinator/methods/lapq.h"
#include "coordinator/methods/layerwise.h"
#include "core/base/clock.h"

#include <assert.h>
#include <string.h>

struct result_phase *method_begin_phase(struct result *result, const char *name)
{
    struct result_phase *phase = &result->phases[result->phase_count++];

    assert(result->phase_count <=
           (int)(sizeof result->phases / sizeof *result->phases));
    *phase = (struct result_phase){.name = name, .seconds = -clock_seconds()};
    return phase;
}

void method_end_phase(struct result_phase *phase)
{
    phase->seconds += clock_seconds();
}

void method_keep_start(struct result *result)
{
    memcpy(result->result.steps, result->start.steps,
           (size_t)result->placement->count * sizeof *result->start.steps);
    result->result.calibration = result->start.calibration;
}

/* Steps by one rule, tensor after tensor, without a search. */
static int run_layerwise(const struct method_task *task, struct layerwise_rule rule,
                         struct result *result, struct error *err)
{
    struct result_phase *phase = method_begin_phase(result, "layer-wise");
    struct layerwise layerwise;
    int status;

    layerwise_init(&layerwise, task->team, task->one->method->layerwise);
    status = layerwise_steps(&layerwise, rule, result->start.steps, result, err);
    layerwise_clear(&layerwise);
    if (status == 0)
        status = team_score(task->team, result->start.steps, 1,
                            &result->start.calibration, err);
    if (status < 0)
        return -1;
    phase->evaluations = 1;
    method_end_phase(phase);
    method_keep_start(result);
    return 0;
}

static int run_minmax(const struct method_task *task, struct result *result,
                      struct error *err)
{
    return run_layerwise(task, (struct layerwise_rule){.kind = LAYERWISE_MINMAX},
                         result, err);
}

static int run_mmse(const struct method_task *task, struct result *result,
                    struct error *err)
{
    return run_layerwise(task, (struct layerwise_rule){.kind = LAYERWISE_LP, .p = 2},
                         result, err);
}

int method_run(const struct method_task *task, struct result *result, struct error *err)
{
    static int (*const methods[])(const struct method_task *, struct result *,
                                  struct error *) = {
        [METHOD_MINMAX] = run_minmax,
        [METHOD_MMSE] = run_mmse,
        [METHOD_LAPQ] = lapq_run,
    };

    return methods[task->one->method->name](task, result, err);
}
