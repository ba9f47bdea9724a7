#include "coordinator/plan.h"

#include "core/base/memory.h"
#include "core/case/case_data.h"
#include "core/case/shard.h"

#include <stdlib.h>

/* What the cost of a model's cases follows from. */
struct model_size {
    const struct config_model *model;
    bool all_activations;
    struct network *network;        /* NULL: it cannot be read; owned */
    double calibration, validation; /* samples */
};

static double count_samples(const struct network *network,
                            const struct config_model *model,
                            const struct config_data *data)
{
    struct data_file *file;
    struct error ignored;
    double count;

    if (!data->file)
        return 0;
    file = case_data_open(model, network, data, false, &ignored);
    if (!file)
        return 0;
    count = (double)data_file_count(file);
    data_file_close(file);
    return count;
}

/* What is fused depends on the case. */
static void look_at_model(struct model_size *size, const struct calibration_case *one)
{
    const struct config_model *model = one->model;
    bool all_activations = case_rules(one).all_activations;
    struct error ignored;

    if (size->model == model && size->all_activations == all_activations)
        return;
    network_destroy(size->network);
    *size = (struct model_size){.model = model,
                                .all_activations = all_activations,
                                .network = shard_read_network(one, &ignored)};
    if (!size->network)
        return;
    size->calibration = count_samples(size->network, model, &model->calibration);
    size->validation = count_samples(size->network, model, &model->validation);
}

static struct plan_cost cost_of(const struct config *config,
                                const struct calibration_case *one,
                                const struct model_size *size)
{
    struct placement_rules rules = case_rules(one);
    struct placement placement = {0};
    struct plan_cost cost = {0};
    struct error ignored;

    if (!size->network)
        return cost;
    if (placement_init(&placement, size->network, &rules, &ignored) == 0)
        cost.evaluations = plan_evaluations(config, one, placement.count);
    placement_clear(&placement);
    cost.multiply_adds =
        (double)network_macs(size->network) *
        ((double)cost.evaluations * size->calibration + 2 * size->validation);
    return cost;
}

void plan_costs(const struct config *config, const struct cases *cases,
                struct plan_cost *costs)
{
    struct model_size size = {0};

    for (int i = 0; i < cases->count; i++) {
        look_at_model(&size, &cases->list[i]);
        costs[i] = cost_of(config, &cases->list[i], &size);
    }
    network_destroy(size.network);
}

struct costly {
    double cost;
    int index;
};

static int by_cost(const void *a, const void *b)
{
    const struct costly *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->index - y->index;
}

void plan_order(const struct config *config, const struct cases *cases, int *order)
{
    size_t count = (size_t)cases->count;
    struct plan_cost *costs = memory_get(count * sizeof *costs);
    struct costly *sorted = memory_get(count * sizeof *sorted);

    plan_costs(config, cases, costs);
    for (size_t i = 0; i < count; i++)
        sorted[i] = (struct costly){costs[i].multiply_adds, (int)i};
    qsort(sorted, count, sizeof *sorted, by_cost);
    for (size_t i = 0; i < count; i++)
        order[i] = sorted[i].index;
    free(sorted);
    free(costs);
}
