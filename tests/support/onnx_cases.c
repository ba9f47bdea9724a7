#include "tests/support/onnx_cases.h"

#include "core/base/memory.h"
#include "tests/support/onnx_builder.h"
#include "tests/support/plain_network.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct network *read_flattened(const char *model, struct error *err)
{
    char text[4096];

    snprintf(text, sizeof text, "%s\nnode Flatten y -> end_of_case\noutput end_of_case",
             model);
    return onnx_builder_read(text, err);
}

static float *ramp(size_t count)
{
    float *values = memory_get(count * sizeof *values);

    for (size_t i = 0; i < count; i++)
        values[i] = (float)(i + 1);
    return values;
}

static void compute(const struct onnx_case *test)
{
    struct error err = {0};
    struct network *network = read_flattened(test->model, &err);
    float *input, **values;

    if (!network)
        fail_msg("%s: %s", test->fact, err.text);
    if (network->tensors[network->output].count != test->count)
        fail_msg("%s: %zu values", test->fact, network->tensors[network->output].count);
    input = ramp(network_input(network, 0)->count);
    values = plain_network_run(network, input);
    for (size_t i = 0; i < test->count; i++) {
        float value = plain_network_at(network, values, network->output, i);

        if (fabsf(value - test->expected[i]) > 1e-5f)
            fail_msg("%s: value %zu is %g, not %g", test->fact, i, (double)value,
                     (double)test->expected[i]);
    }
    plain_network_free(network, values);
    free(input);
    network_destroy(network);
}

void onnx_cases_compute(const struct onnx_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        compute(&cases[i]);
}

void onnx_cases_refuse(const struct onnx_refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};

        if (read_flattened(refusals[i].model, &err))
            fail_msg("%s: it was read", refusals[i].fact);
        if (err.code != EXIT_INPUT || !strstr(err.text, refusals[i].sentence))
            fail_msg("%s: %s", refusals[i].fact, err.text);
        if (!strstr(err.text, ".onnx: "))
            fail_msg("%s: the file is not named: %s", refusals[i].fact, err.text);
    }
}
