/* write_logits.c - what calq makes of the samples of a case that is done, for a judge from outside.
 * Usage: write_logits CASE FOLDER
 *
 * Writes, of the samples that the case is judged by, to FOLDER:
 *
 *   shape         "N C H W CLASSES" as text: the network's input, whatever its rank
 *   samples.f32   [N, C, H, W] normalised, as the network's input takes them
 *   labels.i32    [N]
 *   logits.f32    [N, classes] of the calibrated network
 *   float.f32     [N, classes] of the float network */
#include "coordinator/methods/methods.h"
#include "core/base/memory.h"
#include "core/case/case_samples.h"
#include "core/case/shard.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

struct writer {
    struct finished_case finished;
    struct network *in_float;
    struct evaluator *calibrated, *of_float;
    FILE *samples, *labels, *logits, *float_logits;
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
static void write_samples(const struct tensor *input, struct samples samples,
                          FILE *file)
{
    size_t channels = input->rank == 3 ? (size_t)input->channels : 1;
    size_t area = input->count / channels;
    float *sample = memory_get(input->count * sizeof *sample);

    for (size_t i = 0; i < samples.count; i++) {
        const float *from = (const float *)samples.values[0] + i * input->count;

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

    (void)err;
    write_samples(network_input(network, 0), samples, writer->samples);
    fwrite(samples.labels.values, sizeof(int32_t), samples.count, writer->labels);
    write_logits(writer->calibrated, writer->finished.choices, samples, classes,
                 writer->logits);
    write_logits(writer->of_float, NULL, samples, classes, writer->float_logits);
    writer->count += samples.count;
    return 0;
}

static int write_all(struct writer *writer, const char *folder, struct error *err)
{
    const struct tensor *input, *output;
    FILE *shape;

    writer->in_float = shard_read_network(writer->finished.one, err);
    writer->calibrated =
        case_evaluator(&writer->finished, writer->finished.network, err);
    if (!writer->in_float || !writer->calibrated)
        return -1;
    writer->of_float = case_evaluator(&writer->finished, writer->in_float, err);
    writer->samples = open_in(folder, "samples.f32");
    writer->labels = open_in(folder, "labels.i32");
    writer->logits = open_in(folder, "logits.f32");
    writer->float_logits = open_in(folder, "float.f32");
    if (case_samples_to_judge(&writer->finished, take, writer, err) < 0)
        return -1;
    input = network_input(writer->in_float, 0);
    output = &writer->in_float->tensors[writer->in_float->output];
    shape = open_in(folder, "shape");
    fprintf(shape, "%zu", writer->count);
    for (int i = 0; i < input->rank; i++)
        fprintf(shape, " %d", input->dims[i]);
    fprintf(shape, " %zu\n", output->count);
    return fclose(shape) | fclose(writer->samples) | fclose(writer->labels) |
           fclose(writer->logits) | fclose(writer->float_logits);
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
    status = finished_case_open(&writer.finished, arguments[1], &methods_section, &err);
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
