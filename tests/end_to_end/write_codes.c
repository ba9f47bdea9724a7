/* write_codes.c - the codes of all tensors of a case that is done, and a file of TensorFlow Lite that gives each of them,
 * for a judge from outside.
 * Usage: write_codes CASE FOLDER SAMPLES
 *
 * Of the first SAMPLES samples that the case is judged by (tests/end_to_end/write_logits.c writes these) it writes to
 * FOLDER, for each tensor that is rounded:
 *
 *   T.tflite  the case's file, whose output is that tensor, as floats: LiteRT for JavaScript gives no int8
 *   T.f32     what its codes stand for, sample after sample
 *   tensors   a line a tensor: T, its elements, what two codes are apart, a tab, its name */
#include "coordinator/named_settings.h"
#include "core/base/memory.h"
#include "core/case/case_samples.h"
#include "core/export/tflite_write.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct finished_case finished;
    struct tflite_model model;
    const char *folder;
    size_t most; /* samples */
    int tensor;  /* that is written */
    FILE *codes;
    size_t count; /* of samples that are written */
};

static FILE *open_in(const char *folder, const char *name)
{
    char path[PATH_MAX];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (!file) {
        fprintf(stderr, "write_codes: cannot create %s\n", path);
        exit(1);
    }
    return file;
}

/* The model's tensor of codes of one of the network; -1: there is none. */
static int find(const struct tflite_model *model, const char *name)
{
    char codes[PATH_MAX];

    snprintf(codes, sizeof codes, "%s/codes", name);
    for (int i = 0; i < model->tensor_count; i++)
        if (model->tensors[i].type == TFLITE_INT8 && !model->tensors[i].data &&
            (strcmp(model->tensors[i].name, name) == 0 ||
             strcmp(model->tensors[i].name, codes) == 0))
            return i;
    return -1;
}

static int take(void *context, struct samples samples, struct error *err)
{
    struct writer *writer = context;
    struct finished_case *finished = &writer->finished;
    struct network *network = finished->network;
    int output = network->output;
    size_t each = network->tensors[writer->tensor].count;
    struct evaluator *evaluator;
    float *values;

    network->output = writer->tensor; /* its values are what is called logits */
    evaluator = case_evaluator(finished, network, err);
    if (!evaluator)
        return -1;
    if (samples.count > writer->most - writer->count)
        samples.count = writer->most - writer->count;
    values = memory_get(samples.count * each * sizeof *values);
    evaluator_logits(evaluator, finished->choices, samples, values);
    fwrite(values, sizeof *values, samples.count * each, writer->codes);
    writer->count += samples.count;
    free(values);
    evaluator_destroy(evaluator);
    network->output = output;
    return 0;
}

/* The model's output becomes what the codes of a tensor stand for. */
static void give_floats(struct tflite_model *model, int number)
{
    const struct tflite_tensor codes = model->tensors[number];

    model->output =
        tflite_add_tensor(model, "values", TFLITE_FLOAT32, codes.rank, codes.dims);
    tflite_add_operator(model, TFLITE_DEQUANTIZE, &(int32_t){number}, 1, model->output);
}

static void write_file(struct writer *writer, int number)
{
    struct tflite_model with_output;
    char name[32];
    size_t size;
    uint8_t *bytes;
    FILE *file;

    snprintf(name, sizeof name, "%d.tflite", writer->tensor);
    file = open_in(writer->folder, name);
    with_output = writer->model;
    with_output.tensors =
        memory_copy(with_output.tensors,
                    (size_t)with_output.tensor_count * sizeof *with_output.tensors);
    with_output.operators =
        memory_copy(with_output.operators,
                    (size_t)with_output.operator_count * sizeof *with_output.operators);
    give_floats(&with_output, number);
    bytes = tflite_file_write(&with_output, &size);
    free(with_output.operators[with_output.operator_count - 1].inputs);
    free(with_output.tensors[with_output.output].name);
    free(with_output.operators);
    free(with_output.tensors);
    fwrite(bytes, 1, size, file);
    free(bytes);
    fclose(file);
}

static int write_codes(struct writer *writer, FILE *tensors, struct error *err)
{
    const struct network *network = writer->finished.network;
    int number = find(&writer->model, network->tensors[writer->tensor].name);
    char name[32];
    int status;

    if (number < 0 || writer->finished.placement.of_tensor[writer->tensor] < 0)
        return 0;
    write_file(writer, number);
    snprintf(name, sizeof name, "%d.f32", writer->tensor);
    writer->codes = open_in(writer->folder, name);
    writer->count = 0;
    status = case_samples_to_judge(&writer->finished, take, writer, err);
    fclose(writer->codes);
    fprintf(tensors, "%d %zu %.9g\t%s\n", writer->tensor,
            network->tensors[writer->tensor].count,
            (double)writer->finished
                .choices[writer->finished.placement.of_tensor[writer->tensor]]
                .step,
            network->tensors[writer->tensor].name);
    return status;
}

static int write_all(struct writer *writer, struct error *err)
{
    const struct finished_case *finished = &writer->finished;
    int status = 0;
    FILE *tensors = open_in(writer->folder, "tensors");

    tflite_write(&(struct tflite_calibrated){.network = finished->network,
                                             .placement = &finished->placement,
                                             .choices = finished->choices,
                                             .rules = finished->rules,
                                             .description = finished->one->id},
                 &writer->model);
    for (int i = 0; status == 0 && i < finished->network->tensor_count; i++) {
        writer->tensor = i;
        status = write_codes(writer, tensors, err);
    }
    tflite_model_clear(&writer->model);
    fclose(tensors);
    return status;
}

int main(int count, char **arguments)
{
    struct writer writer = {0};
    struct error err = {0};
    int status;

    if (count != 4) {
        fprintf(stderr, "usage: write_codes CASE FOLDER SAMPLES\n");
        return 2;
    }
    writer.folder = arguments[2];
    writer.most = strtoul(arguments[3], NULL, 10);
    status = finished_case_open(&writer.finished, arguments[1], &named_settings, &err);
    if (status == 0)
        status = write_all(&writer, &err);
    finished_case_close(&writer.finished);
    if (status < 0)
        fprintf(stderr, "write_codes: %s\n", err.text);
    return status < 0;
}
