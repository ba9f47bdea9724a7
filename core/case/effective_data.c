#include "core/case/effective_data.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/case/case_data.h"
#include "core/case/shard_inside.h"
#include "core/format/sample_shape.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- labels ------------------------------------------------------------------------------- */

static int count_labels(struct data_file *file, size_t count, int classes,
                        struct label_shares *shares, struct error *err)
{
    int32_t *labels;
    size_t places;
    int status;

    if (classes < 2) /* a number, not classes */
        return 0;
    places = data_file_places(file);
    labels = memory_get((count * places + 1) * sizeof *labels);
    status = data_file_read_classes(file, 0, count, labels, err);
    if (status == 0)
        *shares = label_shares_of(labels, count * places, classes);
    free(labels);
    return status;
}

/* ---- in words ----------------------------------------------------------------------------- */

/* What the first `count` calibration samples hold as the inputs get them, or the first of them:
 * the same on every rank. Ranges [inputs] of floats; of integers they stay empty. */
static int find_ranges(const struct shard *shard, size_t count, struct range *ranges,
                       struct error *err)
{
    enum { SAMPLES_MOST = 64, AT_ONCE = 4 };
    const struct network *network = shard->network;
    struct sample_arrays arrays;
    int status = 0;

    data_file_make_arrays(shard->calibration, AT_ONCE, &arrays);
    count = count < SAMPLES_MOST ? count : SAMPLES_MOST;
    for (size_t first = 0; first < count && status == 0; first += AT_ONCE) {
        size_t some = count - first < AT_ONCE ? count - first : AT_ONCE;

        arrays.count = 0;
        status = data_file_read(shard->calibration, first, some, &arrays, err);
        for (int i = 0; status == 0 && i < network->input_count; i++) {
            const struct tensor *input = network_input(network, i);

            if (input->element == ELEMENT_FLOAT)
                range_add(&ranges[i], arrays.values[i], some * input->count);
        }
    }
    sample_arrays_clear(&arrays);
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

/* ", which gives values from -1 to 1" */
static void tell_range(FILE *text, struct range range)
{
    if (range.low <= range.high)
        fprintf(text, ", which gives values from %.4g to %.4g", (double)range.low,
                (double)range.high);
}

static void tell_input(FILE *text, const struct shard *shard, int index,
                       struct range range)
{
    const struct network *network = shard->network;
    const struct tensor *input = network_input(network, index);
    const struct normalisation *how =
        data_file_normalisation(shard->calibration, index);
    char dims[SAMPLE_SHAPE_TEXT_BYTES];

    fprintf(text, "%ssamples %s as", index ? "; " : "",
            case_data_input(shard->open->model, network, index)->data);
    if (network->input_count > 1)
        fprintf(text, " %s", input->name);
    fprintf(text, " [%s]", sample_shape_text(input, dims));
    if (input->element != ELEMENT_FLOAT) {
        fprintf(text, ", integers");
        return;
    }
    fprintf(text, "%s, (stored * scale - mean) / std with scale %.6g,",
            input->rank == 3 ? layout_of(input, how->channels) : "",
            (double)how->scale);
    tell_constants(text, "mean", how->mean, how->channels);
    fputc(',', text);
    tell_constants(text, "std", how->std, how->channels);
    tell_range(text, range);
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
                     const struct range *ranges)
{
    FILE *text = fmemopen(data->text, sizeof data->text, "w");

    if (!text)
        return;
    for (int input = 0; input < shard->network->input_count; input++)
        tell_input(text, shard, input, ranges[input]);
    tell_labels(text, shard, data);
    fclose(text);
    data->text[sizeof data->text - 1] = '\0';
    text_end_whole(data->text, sizeof data->text);
}

int effective_data_find(struct effective_data *data, struct shard *shard,
                        struct error *err)
{
    size_t count = data_file_count(shard->calibration) -
                   (size_t)shard->open->model->calibration.check;
    struct range ranges[NETWORK_INPUTS_MAX];

    for (int i = 0; i < NETWORK_INPUTS_MAX; i++)
        ranges[i] = range_empty();
    *data = (struct effective_data){.classes = shard_classes(shard)};
    if (count_labels(shard->calibration, count, data->classes, &data->calibration,
                     err) < 0)
        return -1;
    if (shard->validation &&
        count_labels(shard->validation, data_file_count(shard->validation),
                     data->classes, &data->validation, err) < 0)
        return -1;
    if (find_ranges(shard, count, ranges, err) < 0)
        return -1;
    tell_all(data, shard, ranges);
    return 0;
}
