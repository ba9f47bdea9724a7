#include "core/case/effective_data.h"

#include "core/base/memory.h"
#include "core/case/shard_inside.h"
#include "core/format/sample_shape.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- labels ------------------------------------------------------------------------------- */

static int count_labels(struct data_file *file, size_t count, int classes,
                        struct label_shares *shares, struct error *err)
{
    int32_t *labels;
    int status;

    if (classes < 2) /* a number, not classes */
        return 0;
    labels = memory_get((count + 1) * sizeof *labels);
    status = data_file_read(file, 0, count, NULL, labels, NULL, err);
    if (status == 0)
        *shares = label_shares_of(labels, count, classes);
    free(labels);
    return status;
}

/* ---- in words ----------------------------------------------------------------------------- */

/* What the first `count` calibration samples hold as the network gets them, or the first of them:
 * the same on every rank. */
static int find_range(const struct shard *shard, size_t count, struct range *range,
                      struct error *err)
{
    enum { SAMPLES_MOST = 64, AT_ONCE = 4 };
    size_t elements = network_input(shard->network, 0)->count;
    float *values = memory_get(AT_ONCE * elements * sizeof *values);
    int status = 0;

    *range = range_empty();
    count = count < SAMPLES_MOST ? count : SAMPLES_MOST;
    for (size_t first = 0; first < count && status == 0; first += AT_ONCE) {
        size_t some = count - first < AT_ONCE ? count - first : AT_ONCE;

        status =
            data_file_read(shard->calibration, first, some, values, NULL, NULL, err);
        if (status == 0)
            range_add(range, values, some * elements);
    }
    free(values);
    return status;
}

/* " mean 0.5" or " mean [0.4, 0.5, 0.6]". */
static void tell_constants(FILE *text, const char *name, const float *values, int count)
{
    fprintf(text, " %s %s", name, count > 1 ? "[" : "");
    for (int i = 0; i < count; i++)
        fprintf(text, "%s%.6g", i ? ", " : "", (double)values[i]);
    fputs(count > 1 ? "]" : "", text);
}

/* What the first or last of three dimensions are said to be. */
static const char *layout_of(const struct tensor *input, int constants)
{
    enum { CHANNELS_MOST = 4 };
    bool is_last = constants > 1 ? sample_shape_axis_of(input, constants) > 0
                                 : input->dims[0] > CHANNELS_MOST &&
                                       input->dims[2] <= CHANNELS_MOST;

    return is_last ? " (channels last)" : " (channels first)";
}

static void tell_samples(FILE *text, const struct shard *shard, struct range x)
{
    const struct tensor *input = network_input(shard->network, 0);
    const struct normalisation *how = data_file_normalisation(shard->calibration);
    char dims[SAMPLE_SHAPE_TEXT_BYTES];

    fprintf(
        text, "samples %s as [%s]%s, (stored * scale - mean) / std with scale %.6g,",
        shard->open->model->samples, sample_shape_text(input, dims),
        input->rank == 3 ? layout_of(input, how->channels) : "", (double)how->scale);
    tell_constants(text, "mean", how->mean, how->channels);
    fputc(',', text);
    tell_constants(text, "std", how->std, how->channels);
    if (x.low <= x.high)
        fprintf(text, ", which gives values from %.4g to %.4g", (double)x.low,
                (double)x.high);
}

static void tell_labels(FILE *text, const struct shard *shard,
                        const struct effective_data *data)
{
    const struct label_shares *labels =
        data->calibration.samples > 0 ? &data->calibration : &data->validation;

    if (labels->samples > 0)
        fprintf(text, "; labels %s from %d to %d, of classes 0 to %d",
                shard->open->model->labels, labels->lowest, labels->highest,
                data->classes - 1);
}

static void tell_all(struct effective_data *data, const struct shard *shard,
                     struct range range)
{
    FILE *text = fmemopen(data->text, sizeof data->text, "w");

    if (!text)
        return;
    tell_samples(text, shard, range);
    tell_labels(text, shard, data);
    fclose(text);
    data->text[sizeof data->text - 1] = '\0';
}

int effective_data_find(struct effective_data *data, struct shard *shard,
                        struct error *err)
{
    size_t count = data_file_count(shard->calibration) -
                   (size_t)shard->open->model->calibration.check;
    struct range range;

    *data = (struct effective_data){.classes = shard_classes(shard)};
    if (count_labels(shard->calibration, count, data->classes, &data->calibration,
                     err) < 0)
        return -1;
    if (shard->validation &&
        count_labels(shard->validation, data_file_count(shard->validation),
                     data->classes, &data->validation, err) < 0)
        return -1;
    if (find_range(shard, count, &range, err) < 0)
        return -1;
    tell_all(data, shard, range);
    return 0;
}
