#include "core/export/tflite_build.h"

#include "core/base/memory.h"
#include "core/layer/value.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 512 };

const struct tensor *tflite_input(const struct tflite_site *site, int input)
{
    return &site->build->calibrated->network->tensors[site->layer->inputs[input]];
}

const struct tensor *tflite_output(const struct tflite_site *site)
{
    return &site->build->calibrated->network->tensors[site->layer->output];
}

int tflite_dims(const struct tensor *tensor, int32_t *dims)
{
    dims[0] = 1;
    if (tensor->rank == 3) {
        dims[1] = tensor->height;
        dims[2] = tensor->width;
        dims[3] = tensor->channels;
        return 4;
    }
    for (int i = 0; i < tensor->rank; i++)
        dims[i + 1] = tensor->dims[i];
    return tensor->rank + 1;
}

/* ---- tensors ------------------------------------------------------------------------------ */

static const struct tensor *tensor_of(const struct tflite_build *build, int tensor)
{
    return &build->calibrated->network->tensors[tensor];
}

/* An int8 tensor has the stored codes less 128. */
static void make_codes(const struct tflite_build *build, int number, int item)
{
    const struct quantizer quantizer =
        choice_quantizer(build->calibrated->choices[item]);
    struct tflite_tensor *tensor = &build->model->tensors[number];

    tensor->type = TFLITE_INT8;
    tensor->scales = memory_copy(&quantizer.step, sizeof quantizer.step);
    tensor->scale_count = 1;
    tensor->zero = value_zero_code(&quantizer) + INT8_MIN;
}

/* Adds a tensor that has the name of one of the network, with a suffix. */
static int add_named(const struct tflite_build *build, int tensor, const char *suffix)
{
    const struct tensor *of = tensor_of(build, tensor);
    int32_t dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(of, dims);
    char name[NAME_BYTES];

    snprintf(name, sizeof name, "%s%s", of->name, suffix);
    return tflite_add_tensor(build->model, name, TFLITE_FLOAT32, rank, dims);
}

int tflite_codes_as(struct tflite_build *build, int tensor, int item)
{
    int floats = tflite_floats_of(build, tensor);
    int codes = add_named(build, tensor, "/codes");

    make_codes(build, codes, item);
    tflite_one(build, TFLITE_QUANTIZE, floats, codes);
    return codes;
}

int tflite_codes_of(struct tflite_build *build, int tensor)
{
    if (build->codes[tensor] < 0)
        build->codes[tensor] = tflite_codes_as(build, tensor, build->held[tensor]);
    return build->codes[tensor];
}

int tflite_floats_of(struct tflite_build *build, int tensor)
{
    if (build->floats[tensor] < 0) {
        assert(build->codes[tensor] >= 0);
        build->floats[tensor] = add_named(build, tensor, "/floats");
        tflite_one(build, TFLITE_DEQUANTIZE, build->codes[tensor],
                   build->floats[tensor]);
    }
    return build->floats[tensor];
}

int tflite_read(const struct tflite_site *site, int input)
{
    int tensor = site->layer->inputs[input];

    return site->in_codes ? tflite_codes_of(site->build, tensor)
                          : tflite_floats_of(site->build, tensor);
}

int tflite_between(const struct tflite_site *site, int like, int rank,
                   const int32_t *dims)
{
    struct tflite_build *build = site->build;
    char name[NAME_BYTES];
    int number;

    snprintf(name, sizeof name, "%s/%d", tflite_output(site)->name,
             build->model->tensor_count);
    number = tflite_add_tensor(build->model, name, TFLITE_FLOAT32, rank, dims);
    if (site->in_codes)
        make_codes(build, number, build->held[like]);
    return number;
}

int tflite_result(const struct tflite_site *site)
{
    struct tflite_build *build = site->build;
    int tensor = site->layer->output,
        *kept = site->in_codes ? build->codes : build->floats;

    if (kept[tensor] < 0) {
        kept[tensor] = add_named(build, tensor, "");
        if (site->in_codes)
            make_codes(build, kept[tensor], build->held[tensor]);
    }
    return kept[tensor];
}

static int add_constant(struct tflite_build *build, enum tflite_type type, int rank,
                        const int32_t *dims, const void *values)
{
    char name[NAME_BYTES];
    size_t bytes = sizeof(uint32_t);
    int number;

    snprintf(name, sizeof name, "constant/%d", build->model->tensor_count);
    number = tflite_add_tensor(build->model, name, type, rank, dims);
    for (int i = 0; i < rank; i++)
        bytes *= (size_t)dims[i];
    build->model->tensors[number].data = memory_copy(values, bytes);
    build->model->tensors[number].bytes = bytes;
    return number;
}

int tflite_add_words(struct tflite_build *build, int rank, const int32_t *dims,
                     const int32_t *values)
{
    return add_constant(build, TFLITE_INT32, rank, dims, values);
}

int tflite_add_floats(struct tflite_build *build, int rank, const int32_t *dims,
                      const float *values)
{
    return add_constant(build, TFLITE_FLOAT32, rank, dims, values);
}

void tflite_put_end(struct tflite_build *build, int number, float value)
{
    struct tflite_tensor *tensor = &build->model->tensors[number];
    int8_t code = value < 0 ? INT8_MIN : INT8_MAX;
    bool is_code = tensor->type == TFLITE_INT8;

    tensor->bytes = is_code ? sizeof code : sizeof value;
    tensor->data =
        is_code ? memory_copy(&code, sizeof code) : memory_copy(&value, sizeof value);
}

/* ---- operators ---------------------------------------------------------------------------- */

struct tflite_operator *tflite_one(struct tflite_build *build,
                                   enum tflite_operator_kind kind, int input,
                                   int output)
{
    return tflite_add_operator(build->model, kind, &(int32_t){input}, 1, output);
}

struct tflite_operator *tflite_two(struct tflite_build *build,
                                   enum tflite_operator_kind kind, int left, int right,
                                   int output)
{
    return tflite_add_operator(build->model, kind, (const int32_t[]){left, right}, 2,
                               output);
}

void tflite_reshape(struct tflite_build *build, int input, int output)
{
    const struct tflite_tensor to = build->model->tensors[output];
    int shape = tflite_add_words(build, 1, &(int32_t){to.rank}, to.dims);

    tflite_two(build, TFLITE_RESHAPE, input, shape, output);
}

/* ---- clamps ------------------------------------------------------------------------------- */

static const struct {
    enum tflite_activation activation;
    float low, high;
} activations[] = {{TFLITE_NONE, -INFINITY, INFINITY},
                   {TFLITE_RELU, 0, INFINITY},
                   {TFLITE_RELU6, 0, 6},
                   {TFLITE_RELU_N1_TO_1, -1, 1}};

static int find_activation(const struct layer *layer)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (layer->low == activations[i].low && layer->high == activations[i].high)
            return (int)i;
    return -1;
}

bool tflite_can_clamp(const struct layer *layer)
{
    return find_activation(layer) >= 0;
}

enum tflite_activation tflite_activation_of(const struct layer *layer)
{
    int found = find_activation(layer);

    return found < 0 ? TFLITE_NONE : activations[found].activation;
}

static int add_bound(struct tflite_build *build, float bound)
{
    return tflite_add_floats(build, 1, &(int32_t){1}, &bound);
}

void tflite_clamp(const struct tflite_site *site, int from)
{
    struct tflite_build *build = site->build;
    const struct layer *layer = site->layer;
    int output = tflite_result(site), between;
    int32_t dims[TFLITE_RANK_MAX];
    int rank = tflite_dims(tflite_output(site), dims);

    between = tflite_between(site, -1, rank, dims);
    tflite_two(build, TFLITE_MAXIMUM, from,
               add_bound(build, fmaxf(layer->low, -FLT_MAX)), between);
    tflite_two(build, TFLITE_MINIMUM, between,
               add_bound(build, fminf(layer->high, FLT_MAX)), output);
}
