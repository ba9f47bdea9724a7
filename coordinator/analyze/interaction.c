#include "coordinator/analyze/interaction.h"

#include "coordinator/analyze/interactions.h"

#include <string.h>

/* What all quantized cost, and how much of that no sum over tensors explains. */
static void tell_total(const struct analysis_task *task, struct findings *findings,
                       const struct interactions *found)
{
    double all = score_loss(&task->result->result.calibration);
    double total = all - found->none;

    for (int i = 0; i < found->count; i++)
        total -= found->alone[i] - found->none;
    findings_add_fact(findings,
                      (struct findings_name){"none_loss", "where all are in float",
                                             analysis_loss_unit(task)},
                      found->none);
    findings_add_fact(findings,
                      (struct findings_name){"all_loss", "of the case's result",
                                             analysis_loss_unit(task)},
                      all);
    findings_add_fact(findings,
                      (struct findings_name){"total_interaction",
                                             "what all cost together beside what each "
                                             "alone does",
                                             analysis_loss_unit(task)},
                      total);
}

static void tell_largest(const struct analysis_task *task, struct findings *findings,
                         const struct interactions *found)
{
    const struct quantized_tensor *items = task->result->placement->items;
    int a, b;

    if (found->count < 2)
        return;
    interactions_largest(found, &a, &b);
    findings_add_text_fact(
        findings, (struct findings_name){"tensor_a", "of the largest pair", ""},
        items[a].name);
    findings_add_text_fact(
        findings, (struct findings_name){"tensor_b", "of the largest pair", ""},
        items[b].name);
    findings_add_fact(findings,
                      (struct findings_name){"largest", "interaction of a pair",
                                             analysis_loss_unit(task)},
                      found->between[a * found->count + b]);
}

static void tell(const struct analysis_task *task, struct findings *findings,
                 const struct interactions *found)
{
    size_t count = (size_t)found->count;
    int axes[2];
    double *values;

    axes[0] = analysis_add_tensor_axis(task, findings, "tensor");
    axes[1] = analysis_add_tensor_axis(task, findings, "other");
    values = findings_add_variable(
        findings,
        (struct findings_name){"interaction",
                               "what both quantized cost beside what each alone does, "
                               "all others in float; zero on the diagonal",
                               analysis_loss_unit(task)},
        axes, 2);
    memcpy(values, found->between, count * count * sizeof *values);
    values = findings_add_variable(
        findings,
        (struct findings_name){"alone_loss",
                               "the mean loss where it alone is quantized",
                               analysis_loss_unit(task)},
        axes, 1);
    memcpy(values, found->alone, count * sizeof *values);
    tell_total(task, findings, found);
    tell_largest(task, findings, found);
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    struct interactions found;
    int status = interactions_find(task, task->result->result.choices, &found, err);

    if (status == 0)
        tell(task, findings, &found);
    interactions_clear(&found);
    return status;
}

const struct analysis_kind interaction_analysis = {
    {"interaction", "what each pair of tensors costs together beside each alone"},
    .needs_point = true,
    .run = run,
};
