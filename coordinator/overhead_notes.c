#include "coordinator/overhead_notes.h"

#include <stdio.h>

/* What there is more of. */
static void name_overhead(const struct overhead *overhead, char *text, size_t bytes)
{
    int used = 0;

    text[0] = '\0';
    if (overhead->split_layers > 0)
        used += snprintf(text + used, bytes - (size_t)used,
                         "channel splitting adds %d input channels to %d layers; ",
                         overhead->channels, overhead->split_layers);
    if (overhead->split_activations > 0)
        used += snprintf(text + used, bytes - (size_t)used,
                         "channel splitting adds %d channels to %d activations; ",
                         overhead->activation_channels, overhead->split_activations);
    if (overhead->dual_layers > 0)
        used += snprintf(text + used, bytes - (size_t)used,
                         "a second tensor of weights is added to %d layers; ",
                         overhead->dual_layers);
    if (used == 0)
        snprintf(text, bytes, "no layer becomes larger; ");
}

static void tell_overhead(struct result *result)
{
    const struct overhead *overhead = &result->overhead;
    char what[256];

    name_overhead(overhead, what, sizeof what);
    result_warn(
        result, "%s%zu parameters (%.1f %%) and %zu multiply-adds (%.1f %%) more", what,
        overhead->added_parameters,
        overhead_per_cent(overhead->added_parameters, overhead->parameters),
        overhead->added_macs, overhead_per_cent(overhead->added_macs, overhead->macs));
    if (overhead->grouped_layers > 0)
        result_warn(result, "layers in groups stay as they are: %d",
                    overhead->grouped_layers);
}

void overhead_notes(struct result *result)
{
    const struct config_method_settings *method = result->method;

    if (method->splitting.ratio == 0 && method->activation_splitting.ratio == 0 &&
        method->second_above == 0)
        return;
    overhead_find(&result->overhead, result->network, result->placement,
                  result->result.choices);
    tell_overhead(result);
}
