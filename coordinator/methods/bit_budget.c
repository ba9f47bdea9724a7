#include "coordinator/methods/bit_budget.h"

#include "core/base/memory.h"
#include "core/network/cost_model.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what choices cost ---------------------------------------------------------------------- */

static size_t values_of(const struct network *network,
                        const struct quantized_tensor *item)
{
    return item->is_weight ? weights_count(placement_weights(network, item))
                           : network->tensors[item->index].count;
}

static bool has_choice(const struct bit_space *space, int item)
{
    return space->counts[space->group_of[item]] > 1;
}

/* Bits of all values that have a choice. */
static double bits_cost(const struct bit_space *space, const struct network *network,
                        const struct choice *choices)
{
    double bits = 0;

    for (int item = 0; item < space->placement->count; item++)
        if (has_choice(space, item))
            bits += (double)values_of(network, &space->placement->items[item]) *
                    choice_bits(choices[item]);
    return bits;
}

static double values_with_choice(const struct bit_space *space,
                                 const struct network *network)
{
    double values = 0;

    for (int item = 0; item < space->placement->count; item++)
        if (has_choice(space, item))
            values += (double)values_of(network, &space->placement->items[item]);
    return values;
}

static double bytes_cost(const struct bit_space *space, const struct network *network,
                         const struct choice *choices)
{
    return cost_model_of(network, space->placement, choices).weight_bytes;
}

static double operations_cost(const struct bit_space *space,
                              const struct network *network,
                              const struct choice *choices)
{
    return cost_model_of(network, space->placement, choices).bit_operations;
}

/* ---- as a sum over groups ------------------------------------------------------------------- */

typedef double cost_fn(const struct bit_space *space, const struct network *network,
                       const struct choice *choices);

/* What each choice of a group costs beside the base, [counts[group]]; returns the least. */
static double costs_of_group(const struct bit_space *space,
                             const struct network *network, int group, cost_fn *cost,
                             struct choice *choices, double *costs)
{
    double least = INFINITY;

    for (int choice = 0; choice < space->counts[group]; choice++) {
        bit_space_put(space, group, choice, choices);
        costs[choice] = cost(space, network, choices);
        least = fmin(least, costs[choice]);
    }
    return least;
}

/* What each choice costs more than the cheapest of its group, beside the base. */
static void find_costs(struct bit_budget *budget, const struct bit_space *space,
                       const struct network *network, cost_fn *cost)
{
    size_t items = (size_t)space->placement->count;
    struct choice *choices = memory_copy(space->base, items * sizeof *choices);
    double *costs = memory_get((size_t)space->most * sizeof *costs);
    double all = cost(space, network, space->base), saved = 0;

    budget->costs = memory_zeroed((size_t)space->groups * (size_t)space->most,
                                  sizeof *budget->costs);
    for (int group = 0; group < space->groups; group++) {
        double least = costs_of_group(space, network, group, cost, choices, costs);

        for (int choice = 0; choice < space->counts[group]; choice++)
            budget->costs[bit_space_place(space, group, choice)] =
                (int64_t)(costs[choice] - least);
        saved += all - least;
    }
    budget->fixed = (int64_t)(all - saved);
    free(costs);
    free(choices);
}

/* ---- limits --------------------------------------------------------------------------------- */

static bool given(double limit)
{
    return !isnan(limit);
}

static int check(const struct bit_space *space, const struct bit_limits *limits,
                 struct error *err)
{
    bool weights = false, activations = false;
    int count = given(limits->average_bits) + given(limits->weight_bytes) +
                given(limits->bit_operations) + given(limits->loss) +
                given(limits->points);

    if (count != 1)
        return error_set(err, EXIT_CONFIG,
                         "method mixed: budget has %d limits, and needs one of "
                         "average_bits, weight_bytes, bit_operations, loss and "
                         "points",
                         count);
    for (int item = 0; item < space->placement->count; item++)
        *(space->placement->items[item].is_weight ? &weights : &activations) |=
            has_choice(space, item);
    if (given(limits->bit_operations) && weights && activations)
        return error_set(err, EXIT_CONFIG,
                         "method mixed: bit operations are products of the bits of "
                         "weights and activations, so only one of both can have "
                         "several widths under that budget; give `weights` or "
                         "`activations` one width, or limit average_bits");
    return 0;
}

int bit_budget_find(struct bit_budget *budget, const struct bit_space *space,
                    const struct network *network, const struct bit_limits *limits,
                    struct error *err)
{
    *budget = (struct bit_budget){.unit = 1};
    if (check(space, limits, err) < 0)
        return -1;
    if (given(limits->weight_bytes)) {
        budget->name = "weight_bytes";
        budget->limit = limits->weight_bytes;
        find_costs(budget, space, network, bytes_cost);
        return 0;
    }
    if (given(limits->bit_operations)) {
        budget->name = "bit_operations";
        budget->limit = limits->bit_operations;
        find_costs(budget, space, network, operations_cost);
        return 0;
    }
    budget->name = given(limits->loss)     ? "loss"
                   : given(limits->points) ? "points"
                                           : "average_bits";
    budget->limit = given(limits->loss)     ? limits->loss
                    : given(limits->points) ? limits->points
                                            : limits->average_bits;
    budget->unit = fmax(values_with_choice(space, network), 1);
    find_costs(budget, space, network, bits_cost);
    return 0;
}

void bit_budget_clear(struct bit_budget *budget)
{
    free(budget->costs);
    *budget = (struct bit_budget){0};
}

int64_t bit_budget_most(const struct bit_budget *budget)
{
    double most = floor(budget->limit * budget->unit * (1 + 1e-12));

    if (strcmp(budget->name, "loss") == 0 || strcmp(budget->name, "points") == 0 ||
        most >= (double)INT64_MAX)
        return INT64_MAX;
    return (int64_t)most - budget->fixed;
}
