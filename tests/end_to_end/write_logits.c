/* write_logits.c - what calq makes of the samples of a case that is done, for a judge from outside.
 * Usage: write_logits CASE FOLDER
 *
 * Writes, of the samples that the case is judged by, to FOLDER:
 *
 *   shape         "N C H W CLASSES" as text: the network's first input, whatever its rank
 *   inputs        a line an input: "C H W", a tab, its name
 *   samples.f32   [N, C, H, W] normalised, as the network's first input takes them
 *   samples.1.f32 the same of the second, and so on
 *   places        "P": predictions of a sample, of CLASSES / P numbers each
 *   labels.i32    [N, places]
 *   logits.f32    [N, classes] of the calibrated network
 *   float.f32     [N, classes] of the float network */
#include "coordinator/named_settings.h"
#include "core/base/memory.h"
#include "core/case/case_samples.h"
#include "core/case/shard.h"
#include "core/evaluate/output_shape.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct writer {
    struct finished_case finished;
    struct network *in_float;
    struct evaluator *calibrated, *of_float;
    FILE *samples[NETWORK_INPUTS_MAX];
    FILE *labels, *logits, *float_logits;
    size_t count;
};

static FILE *open_in(const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (!file) {
        fprintf(stderr, "cannot create %s\n", path);
        exit(1);
    }
    return file;
}

/* [H, W, C] as calq has it becomes [C, H, W]; all else is as the file has it. */
static void write_samples(const struct tensor *input, const float *values, size_t count,
                          FILE *file)
{
    size_t channels = input->rank == 3 ? (size_t)input->channels : 1;
    size_t area = input->count / channels;
    float *sample = memory_get(input->count * sizeof *sample);

    for (size_t i = 0; i < count; i++) {
        const float *from = values + i * input->count;

        for (size_t channel = 0; channel < channels; channel++)
            for (size_t at = 0; at < area; at++)
                sample[channel * area + at] = from[at * channels + channel];
        fwrite(sample, sizeof *sample, input->count, file);
    }
    free(sample);
}

static void write_logits(struct evaluator *evaluator, const struct choice *choices,
                         struct samples samples, size_t classes, FILE *file)
{
    float *logits = memory_get(samples.count * classes * sizeof *logits);

    evaluator_logits(evaluator, choices, samples, logits);
    fwrite(logits, sizeof *logits, samples.count * classes, file);
    free(logits);
}

static int take(void *context, struct samples samples, struct error *err)
{
    struct writer *writer = context;
    const struct network *network = writer->finished.network;
    size_t classes = network->tensors[network->output].count;
    size_t places = output_shape_of(network).places;

    (void)err;
    for (int i = 0; i < network->input_count; i++)
        write_samples(network_input(network, i), samples.values[i], samples.count,
                      writer->samples[i]);
    fwrite(samples.labels.values, sizeof(int32_t), samples.count * places,
           writer->labels);
    write_logits(writer->calibrated, writer->finished.choices, samples, classes,
                 writer->logits);
    write_logits(writer->of_float, NULL, samples, classes, writer->float_logits);
    writer->count += samples.count;
    return 0;
}

static void open_samples(struct writer *writer, const char *folder)
{
    char name[32];

    for (int i = 0; i < writer->in_float->input_count; i++) {
        snprintf(name, sizeof name, "samples.%d.f32", i);
        writer->samples[i] = open_in(folder, i ? name : "samples.f32");
    }
}

static int close_samples(struct writer *writer)
{
    int status = 0;

    for (int i = 0; i < writer->in_float->input_count; i++)
        status |= fclose(writer->samples[i]);
    return status;
}

static void write_dims(const struct tensor *input, FILE *file)
{
    for (int i = 0; i < input->rank; i++)
        fprintf(file, "%s%d", i ? " " : "", input->dims[i]);
}

static int write_shapes(const struct writer *writer, const char *folder)
{
    const struct network *network = writer->in_float;
    FILE *shape = open_in(folder, "shape"), *inputs = open_in(folder, "inputs");
    FILE *places = open_in(folder, "places");

    fprintf(shape, "%zu ", writer->count);
    write_dims(network_input(network, 0), shape);
    fprintf(shape, " %zu\n", network->tensors[network->output].count);
    fprintf(places, "%zu\n", output_shape_of(network).places);
    for (int i = 0; i < network->input_count; i++) {
        write_dims(network_input(network, i), inputs);
        fprintf(inputs, "\t%s\n", network_input(network, i)->name);
    }
    return fclose(shape) | fclose(inputs) | fclose(places);
}

static int write_all(struct writer *writer, const char *folder, struct error *err)
{

    writer->in_float = shard_read_network(writer->finished.one, err);
    writer->calibrated =
        case_evaluator(&writer->finished, writer->finished.network, err);
    if (!writer->in_float || !writer->calibrated)
        return -1;
    writer->of_float = case_evaluator(&writer->finished, writer->in_float, err);
    open_samples(writer, folder);
    writer->labels = open_in(folder, "labels.i32");
    writer->logits = open_in(folder, "logits.f32");
    writer->float_logits = open_in(folder, "float.f32");
    if (case_samples_to_judge(&writer->finished, take, writer, err) < 0)
        return -1;
    return write_shapes(writer, folder) | close_samples(writer) |
           fclose(writer->labels) | fclose(writer->logits) |
           fclose(writer->float_logits);
}

int main(int count, char **arguments)
{
    struct writer writer = {.count = 0};
    struct error err = {0};
    int status;

    if (count != 3) {
        fprintf(stderr, "usage: write_logits CASE FOLDER\n");
        return 2;
    }
    status = finished_case_open(&writer.finished, arguments[1], &named_settings, &err);
    if (status == 0)
        status = write_all(&writer, arguments[2], &err);
    if (status != 0)
        fprintf(stderr, "write_logits: %s\n", err.text);
    evaluator_destroy(writer.calibrated);
    evaluator_destroy(writer.of_float);
    network_destroy(writer.in_float);
    finished_case_close(&writer.finished);
    return status == 0 ? 0 : 1;
}
