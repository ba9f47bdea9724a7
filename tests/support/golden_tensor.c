#include "tests/support/golden_tensor.h"

#include "core/base/memory.h"
#include "tests/support/golden.h"
#include "tests/support/kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool golden_tensor_is_of_network(const char *name)
{
    return strncmp(name, "layer", 5) == 0;
}

static struct distribution weights_of_network(const struct network *network,
                                              const char *name)
{
    for (int i = 0; i < network->layer_count; i++) {
        const struct layer *layer = &network->layers[i];

        if (layer->kind == LAYER_CONV && strcmp(layer->weights->name, name) == 0)
            return distribution_of_values(layer->weights->values,
                                          weights_count(layer->weights));
    }
    fail_msg("%s has no weights named %s", network->path, name);
    return (struct distribution){0};
}

static struct distribution values_in_file(json_t *x)
{
    size_t count = json_array_size(x);
    float *values = memory_get(count * sizeof *values);
    struct distribution distribution;

    for (size_t i = 0; i < count; i++)
        values[i] = (float)json_number_value(json_array_get(x, i));
    distribution = distribution_of_values(values, count);
    free(values);
    return distribution;
}

struct distribution golden_tensor(json_t *golden, const struct network *network,
                                  const char *name, enum grid *grid)
{
    json_t *tensor = json_object_get(golden_at(golden, "tensors"), name);

    *grid = json_is_true(golden_at(tensor, "symmetric")) ? GRID_MIDRISE : GRID_UNSIGNED;
    return golden_tensor_is_of_network(name) ? weights_of_network(network, name)
                                             : values_in_file(golden_at(tensor, "x"));
}

static int compare_list(json_t *golden, const char *path, const struct network *network,
                        golden_case *compare, void *context)
{
    int compared = 0;
    size_t index;
    json_t *item;

    json_array_foreach(golden_at(golden, path), index, item)
    {
        const char *name = json_string_value(golden_at(item, "tensor"));
        struct distribution distribution;
        enum grid grid;

        if (golden_tensor_is_of_network(name) != (network != NULL))
            continue;
        distribution = golden_tensor(golden, network, name, &grid);
        compare(item, &distribution, grid, context);
        distribution_clear(&distribution);
        compared++;
    }
    return compared;
}

void golden_tensor_compare(const char *path, bool of_network, int count,
                           golden_case *compare, void *context)
{
    struct network *network = of_network ? kit_resnet20() : NULL;
    json_t *golden = golden_open("golden_lapq.json");
    int compared = golden ? compare_list(golden, path, network, compare, context) : 0;

    network_destroy(network);
    if (!golden)
        skip();
    json_decref(golden);
    assert_int_equal(compared, count);
}
