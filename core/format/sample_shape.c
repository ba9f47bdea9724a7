#include "core/format/sample_shape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool has_as_many_values(const struct tensor *input, int rank,
                               const unsigned long long *sizes)
{
    unsigned long long values = 1;

    for (int i = 1; i < rank; i++) {
        if (sizes[i] == 0 || sizes[i] > INT32_MAX)
            return false;
        values *= sizes[i];
        if (values > input->count)
            return false;
    }
    return values == input->count;
}

/* The sizes that are not one are the dims that are not one, in this order. */
static bool has_the_dims(const struct tensor *input, int rank,
                         const unsigned long long *sizes)
{
    int dim = 0;

    for (int i = 1; i < rank; i++) {
        if (sizes[i] == 1)
            continue;
        while (dim < input->rank && input->dims[dim] == 1)
            dim++;
        if (dim == input->rank || sizes[i] != (unsigned long long)input->dims[dim++])
            return false;
    }
    return true;
}

bool sample_shape_fits(const struct tensor *input, int rank,
                       const unsigned long long *sizes)
{
    bool is_flat = input->channels == (int)input->count;

    return rank >= 1 && has_as_many_values(input, rank, sizes) &&
           (rank <= 2 || is_flat || has_the_dims(input, rank, sizes));
}

const char *sample_shape_text(const struct tensor *input,
                              char text[SAMPLE_SHAPE_TEXT_BYTES])
{
    int used = 0;

    text[0] = '\0';
    for (int i = 0; i < input->rank; i++)
        used += snprintf(text + used, (size_t)(SAMPLE_SHAPE_TEXT_BYTES - used), "%s%d",
                         i ? ", " : "", input->dims[i]);
    return text;
}

int sample_shape_axis_of(const struct tensor *input, int constants)
{
    if (input->rank == 3 &&
        (input->dims[0] == constants || input->dims[2] != constants))
        return 0;
    return input->rank > 0 ? input->rank - 1 : 0;
}

void sample_shape_store(const struct tensor *input, const void *sample, void *values)
{
    size_t channels = (size_t)input->channels, plane = input->count / channels;
    const uint32_t *from = sample;
    uint32_t *to = values;

    if (input->rank != 3) {
        memcpy(to, from, input->count * sizeof *to);
        return;
    }
    for (size_t channel = 0; channel < channels; channel++)
        for (size_t i = 0; i < plane; i++)
            to[i * channels + channel] = from[channel * plane + i];
}
