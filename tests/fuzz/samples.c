#include "tests/fuzz/samples.h"

#include "core/base/memory.h"
#include "onnx.pb-c.h"
#include "tests/fuzz/graph.h"
#include "tests/support/hdf5_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_numbers(const char *text, double *numbers, int most)
{
    int count = 0;
    char *end;

    for (const char *at = text; count < most; at = end) {
        double number = strtod(at, &end);

        if (end == at)
            break;
        numbers[count++] = number;
    }
    return count;
}

static void take_fact(struct samples_of *samples, const char *name, const char *key,
                      const char *text)
{
    double numbers[16];
    int count = read_numbers(text, numbers, 16);

    if (strcmp(key, "dims") == 0) {
        samples->rank = count + 1;
        samples->dims[0] = 1;
        samples->elements = 1;
        for (int i = 0; i < count; i++) {
            samples->dims[i + 1] = (int64_t)numbers[i];
            samples->elements *= (size_t)numbers[i];
        }
    } else if (strcmp(key, name) == 0) {
        samples->count = (size_t)numbers[0];
    } else if (strcmp(key, "check") == 0 && strcmp(name, "calibration") == 0) {
        samples->check = (size_t)numbers[0];
    } else if (strcmp(key, "axis") == 0) {
        samples->axis = (int)numbers[0];
    } else if (strcmp(key, "scale") == 0) {
        samples->scale = numbers[0];
    } else if (strcmp(key, "mean") == 0) {
        samples->mean_count = count;
        memcpy(samples->mean, numbers, sizeof samples->mean);
    } else if (strcmp(key, "std") == 0) {
        samples->std_count = count;
        memcpy(samples->std, numbers, sizeof samples->std);
    }
}

void samples_read(struct samples_of *samples, const char *folder, const char *name)
{
    char path[4096], line[1024], key[64];
    float *labels;
    FILE *file;
    int used;

    *samples = (struct samples_of){.scale = 1};
    snprintf(path, sizeof path, "%s/facts", folder);
    file = fopen(path, "r");
    if (!file)
        give_up("cannot open", path);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%63s%n", key, &used) == 1)
            take_fact(samples, name, key, line + used);
    fclose(file);
    snprintf(path, sizeof path, "%s/%s.h5", folder, name);
    samples->values = memory_get(samples->count * samples->elements * sizeof(float));
    samples->labels = memory_get(samples->count * sizeof *samples->labels);
    labels = memory_get(samples->count * sizeof *labels);
    hdf5_builder_read(path, "/x", samples->values, samples->count * samples->elements);
    hdf5_builder_read(path, "/y", labels, samples->count);
    for (size_t i = 0; i < samples->count; i++)
        samples->labels[i] = (int)labels[i];
    free(labels);
}

void samples_clear(struct samples_of *samples)
{
    free(samples->values);
    free(samples->labels);
}

struct array *samples_take(const struct samples_of *samples, size_t index)
{
    struct array *sample = array_create(ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
                                        samples->rank, samples->dims);
    const float *from = samples->values + index * samples->elements;
    size_t area = array_span(sample, samples->axis + 1, samples->rank);

    for (size_t i = 0; i < samples->elements; i++) {
        size_t channel = i / area % (size_t)samples->dims[samples->axis];
        double mean = samples->mean[samples->mean_count > 1 ? channel : 0];
        double std = samples->std[samples->std_count > 1 ? channel : 0];
        double scaled = (double)from[i] * samples->scale;

        sample->values[i] = (scaled - (samples->mean_count ? mean : 0)) /
                            (samples->std_count ? std : 1);
        /* It comes to the network as a float. */
        sample->values[i] = (float)sample->values[i];
        sample->errors[i] = 0;
        if (samples->scale != 1 || samples->mean_count || samples->std_count)
            sample->errors[i] =
                0x1p-22 * (fabs(scaled) + fabs(mean)) / (samples->std_count ? std : 1);
    }
    return sample;
}
