/* make_network.c - a random network, data for it and a configuration.
 *
 * Usage: make_network SEED FOLDER, which comes to hold net.onnx, net.txt (as onnx_builder has it),
 * calibration.h5, validation.h5, facts (samples.h) and run.yaml. */
#include "core/base/memory.h"
#include "tests/fuzz/setup.h"
#include "tests/support/hdf5_builder.h"
#include "tests/support/onnx_builder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "wb");
    if (!file) {
        fprintf(stderr, "cannot create %s\n", path);
        exit(2);
    }
    return file;
}

/* ---- the network ------------------------------------------------------------------------------ */

/* Some files have their numbers as bytes. */
static void store_as_bytes(Onnx__TensorProto *tensor)
{
    size_t bytes = tensor->n_float_data * sizeof(float);

    if (tensor->n_float_data == 0)
        return;
    tensor->has_raw_data = 1;
    tensor->raw_data.len = bytes;
    tensor->raw_data.data = memory_copy(tensor->float_data, bytes);
    free(tensor->float_data);
    tensor->float_data = NULL;
    tensor->n_float_data = 0;
}

static void write_network(const char *folder, const struct sketch *sketch,
                          struct chance *chance)
{
    Onnx__ModelProto *model = onnx_builder_model(sketch->text);
    size_t size;
    uint8_t *bytes;
    FILE *file = create(folder, "net.txt");

    fputs(sketch->text, file);
    fclose(file);
    for (size_t i = 0; i < model->graph->n_initializer; i++)
        if (chance_is(chance, 50))
            store_as_bytes(model->graph->initializer[i]);
    size = onnx__model_proto__get_packed_size(model);
    bytes = memory_get(size);
    onnx__model_proto__pack(model, bytes);
    file = create(folder, "net.onnx");
    fwrite(bytes, 1, size, file);
    fclose(file);
    free(bytes);
    onnx__model_proto__free_unpacked(model, NULL);
}

/* ---- data ------------------------------------------------------------------------------------- */

/* Numbers count from the end where they are below zero. */
static double draw_value(struct chance *chance, const struct setup *setup)
{
    int rows = setup->sketch.vocabulary;

    if (rows > 0)
        return chance_between(chance, setup->is_u8 ? 0 : -rows, rows - 1);
    if (setup->is_u8)
        return chance_between(chance, 0, 255);
    if (setup->has_outliers && chance_between(chance, 0, 2000) == 0)
        return 1e4 * chance_normal(chance);
    return chance_normal(chance) * setup->size;
}

static void write_data(const char *folder, const char *name, struct chance *chance,
                       const struct setup *setup, size_t count)
{
    size_t sizes[5] = {count}, elements = count;
    int rank = setup->sketch.input.rank;
    double *values, *labels = memory_get(count * sizeof *labels);
    char path[4096];

    for (int i = 1; i < rank; i++)
        elements *= sizes[i] = (size_t)setup->sketch.input.dims[i];
    values = memory_get(elements * sizeof *values);
    for (size_t i = 0; i < elements; i++)
        values[i] = draw_value(chance, setup);
    for (size_t i = 0; i < count; i++)
        labels[i] = chance_between(chance, 0, setup->classes - 1);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    hdf5_builder_create(path);
    hdf5_builder_add(path, "/x",
                     setup->is_u8                   ? HDF5_U8
                     : setup->sketch.vocabulary > 0 ? HDF5_I32
                                                    : HDF5_F32,
                     rank, sizes, values,
                     chance_is(chance, 20) ? (size_t)chance_between(chance, 1, 2) : 0);
    hdf5_builder_add(path, "/y", chance_is(chance, 50) ? HDF5_I32 : HDF5_I64, 1, sizes,
                     labels, 0);
    free(values);
    free(labels);
}

int main(int count, char **arguments)
{
    struct setup setup;
    struct chance chance;
    uint64_t seed;
    FILE *file;

    if (count != 3) {
        fprintf(stderr, "usage: make_network SEED FOLDER\n");
        return 2;
    }
    seed = strtoull(arguments[1], NULL, 10);
    sketch_draw(&setup.sketch, seed);
    chance = setup.sketch.chance;
    setup_draw(&setup, &chance);
    write_network(arguments[2], &setup.sketch, &chance);
    write_data(arguments[2], "calibration.h5", &chance, &setup, setup.calibration);
    write_data(arguments[2], "validation.h5", &chance, &setup, setup.validation);
    file = create(arguments[2], "facts");
    setup_write_facts(&setup, file);
    fclose(file);
    file = create(arguments[2], "run.yaml");
    setup_write_settings(&setup, &chance, seed, arguments[2], file);
    fclose(file);
    free(setup.sketch.text);
    return 0;
}
