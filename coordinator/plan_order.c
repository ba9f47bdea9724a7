#include "coordinator/plan.h"

#include "core/base/memory.h"
#include "core/exchange/shard.h"
#include "core/format/data_file.h"

#include <stdlib.h>

/* What the cost of a model's cases follows from. */
struct model_size {
    const struct config_model *model;
    struct network *network;        /* NULL: it cannot be read; owned */
    double calibration, validation; /* samples */
};

static double count_samples(const struct network *network,
                            const struct config_model *model,
                            const struct config_data *data)
{
    const struct tensor *input = &network->tensors[network->input];
    struct data_file *file;
    struct error ignored;
    double count;

    if (!data->file)
        return 0;
    file =
        data_file_open(model, data, input->channels, input->height, input->width,
                       (int)network->tensors[network->output].count, false, &ignored);
    if (!file)
        return 0;
    count = (double)data_file_count(file);
    data_file_close(file);
    return count;
}

static void look_at_model(struct model_size *size, const struct config_model *model)
{
    struct error ignored;

    if (size->model == model)
        return;
    network_destroy(size->network);
    *size = (struct model_size){.model = model,
                                .network = shard_read_network(model, &ignored)};
    if (!size->network)
        return;
    size->calibration = count_samples(size->network, model, &model->calibration);
    size->validation = count_samples(size->network, model, &model->validation);
}

/* Multiply-adds, about: every evaluation as if nothing could be reused. */
static double cost_of(const struct config *config, const struct calibration_case *one,
                      const struct model_size *size)
{
    struct placement_rules rules = case_rules(one);
    struct placement placement = {0};
    struct error ignored;
    long evaluations = 0;

    if (!size->network)
        return 0;
    if (placement_init(&placement, size->network, &rules, &ignored) == 0)
        evaluations = plan_evaluations(config, one, placement.count);
    placement_clear(&placement);
    return (double)network_macs(size->network) *
           ((double)evaluations * size->calibration + 2 * size->validation);
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
    struct costly *costs = memory_get((size_t)cases->count * sizeof *costs);
    struct model_size size = {0};

    for (int i = 0; i < cases->count; i++) {
        look_at_model(&size, cases->list[i].model);
        costs[i] = (struct costly){cost_of(config, &cases->list[i], &size), i};
    }
    network_destroy(size.network);
    qsort(costs, (size_t)cases->count, sizeof *costs, by_cost);
    for (int i = 0; i < cases->count; i++)
        order[i] = costs[i].index;
    free(costs);
}
