#include "tests/support/elementwise.h"

#include "core/layer/layer_run.h"

#include <math.h>
#include <stdlib.h>

void elementwise_run(const struct layer *like, float *x, int count, float *y)
{
    struct network *network = network_create("trial");
    int input = network_add_tensor(network, "x", 1, &count);
    int output = network_add_tensor(network, "y", 1, &count);
    struct layer layer = *like;
    struct plane *planes = planes_of(network);
    const struct layer_run runs = {&(struct layer_setting){.network = network}, &layer,
                                   NULL};
    const struct value from = {.data = x, .plane = &planes[input]};
    struct value to = {.data = y, .plane = &planes[output]};
    struct scratch scratch = {0};
    struct layer_task task = {.run = &runs,
                              .layer = &layer,
                              .inputs = (const struct value *[]){&from},
                              .samples = 1,
                              .scratch = &scratch};

    layer.inputs = &input;
    layer.input_count = 1;
    layer.output = output;
    layer.low = -INFINITY;
    layer.high = INFINITY;
    layer_run_block(&task, NULL, &to);
    free(planes);
    network_destroy(network);
}
