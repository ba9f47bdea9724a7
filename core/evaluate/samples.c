#include "core/evaluate/samples.h"

#include <assert.h>
#include <stdlib.h>

struct expected samples_expected(const struct samples *samples, size_t index,
                                 size_t outputs)
{
    const int32_t *classes = samples->labels.values;
    struct expected expected = {.label = NO_LABEL};

    assert(!classes || (samples->labels.per_sample == 1 &&
                        samples->labels.element == ELEMENT_INT32));
    if (classes)
        expected.label = classes[index];
    if (samples->float_logits)
        expected.logits = samples->float_logits + index * outputs;
    return expected;
}

void sample_arrays_clear(struct sample_arrays *arrays)
{
    for (int input = 0; input < NETWORK_INPUTS_MAX; input++)
        free(arrays->values[input]);
    free(arrays->labels);
    free(arrays->groups);
    *arrays = (struct sample_arrays){0};
}

struct samples sample_arrays_samples(const struct sample_arrays *arrays)
{
    struct samples samples = {
        .labels = {arrays->labels, arrays->labels_per_sample, arrays->label_element},
        .groups = arrays->groups,
        .count = arrays->count,
    };

    for (int input = 0; input < NETWORK_INPUTS_MAX; input++)
        samples.values[input] = arrays->values[input];
    return samples;
}
