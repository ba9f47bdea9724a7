#include "tests/support/one_layer.h"

#include "core/base/memory.h"
#include "core/layer/layer_run.h"

#include <math.h>
#include <stdlib.h>

struct tensor one_layer_tensor(int rank, const int *dims)
{
    struct network *network = network_create("trial");
    int index = network_add_tensor(network, "x", rank, dims);
    struct tensor tensor = network->tensors[index];

    tensor.name = NULL;
    network_destroy(network);
    return tensor;
}

void one_layer_run(const struct layer *like, const struct tensor *from,
                   const struct tensor *to, const float *x, int samples, float *y)
{
    struct network *network = network_create("trial");
    int input = network_add_tensor(network, "x", from->rank, from->dims);
    int output = network_add_tensor(network, "y", to->rank, to->dims);
    size_t count = from->count > to->count ? from->count : to->count;
    float *room = memory_zeroed((size_t)samples * count, sizeof *room);
    struct layer layer = *like;
    struct plane *planes = planes_of(network);
    const struct layer_run runs = {&(struct layer_setting){.network = network}, &layer,
                                   NULL};
    const struct value given = {.data = (void *)x, .plane = &planes[input]};
    struct value made = {.data = y, .plane = &planes[output]};
    struct scratch scratch = {.floats = {NULL, room}};
    struct layer_task task = {.run = &runs,
                              .layer = &layer,
                              .inputs = (const struct value *[]){&given},
                              .samples = samples,
                              .scratch = &scratch};

    layer.inputs = &input;
    layer.input_count = 1;
    layer.output = output;
    layer.low = -INFINITY;
    layer.high = INFINITY;
    layer_run_block(&task, NULL, &made);
    free(room);
    free(planes);
    network_destroy(network);
}
