/* answer_network.c - random inputs of a network in a file, and what calq makes of them.
 * Usage: answer_network BASE SAMPLES      of BASE.onnx; see tests/operators/case_files.h */
#include "core/base/memory.h"
#include "core/onnx/onnx_read.h"
#include "tests/operators/case_files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Roughly normal floats, or zeros and ones. */
static struct trial_input draw_input(struct trial *trial, const struct tensor *tensor)
{
    bool is_float = tensor->element == ELEMENT_FLOAT;
    struct trial_input input = {
        .type = is_float ? "float" : "int64",
        .shape = {.rank = 1 + tensor->rank, .dims = {trial->batch}}};
    size_t count;

    snprintf(input.name, sizeof input.name, "%s", tensor->name);
    for (int i = 0; i < tensor->rank; i++)
        input.shape.dims[1 + i] = tensor->dims[i];
    count = trial_count(&input.shape);
    input.values = memory_get(count * sizeof *input.values);
    for (size_t i = 0; i < count; i++)
        input.values[i] = is_float ? (float)chance_normal(&trial->chance)
                                   : chance_between(&trial->chance, 0, 1);
    return input;
}

int main(int count, char **arguments)
{
    struct trial trial = {.chance = chance_of(1)};
    struct error err = {0};
    struct network *network;
    char path[PATH_MAX];

    if (count != 3) {
        fprintf(stderr, "usage: answer_network BASE SAMPLES\n");
        return 2;
    }
    trial.batch = atoi(arguments[2]);
    snprintf(path, sizeof path, "%s.onnx", arguments[1]);
    network = onnx_read(path, &err);
    for (int i = 0; network && i < network->input_count; i++)
        trial.inputs[trial.input_count++] =
            draw_input(&trial, network_input(network, i));
    network_destroy(network);
    case_answer(&trial, arguments[1]);
    trial_clear(&trial);
    return 0;
}
