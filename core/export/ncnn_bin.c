#include "core/export/ncnn_bin.h"

#include "core/base/half.h"
#include "core/base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NO_KEY = -1, TAG_BYTES = 4 };

/* How many weights a layer has: those of `tagged_key`; and `bare_key` floats, `times` and, where the flag
 * is set, `more` times. */
static const struct weight_row {
    const char *type;
    int tagged_key, bare_key, times;
    int flag_key, flag_otherwise, more;
} rows[] = {
    {"Convolution", 6, 0, 0, 5, 0, 1},
    {"ConvolutionDepthWise", 6, 0, 0, 5, 0, 1},
    {"Convolution1D", 6, 0, 0, 5, 0, 1},
    {"ConvolutionDepthWise1D", 6, 0, 0, 5, 0, 1},
    {"Convolution3D", 6, 0, 0, 5, 0, 1},
    {"Deconvolution", 6, 0, 0, 5, 0, 1},
    {"DeconvolutionDepthWise", 6, 0, 0, 5, 0, 1},
    {"InnerProduct", 2, 0, 0, 1, 0, 1},
    {"Embed", 3, 0, 0, 2, 0, 1},
    {"BatchNorm", NO_KEY, 0, 4, NO_KEY, 0, 0},
    {"Bias", NO_KEY, 0, 1, NO_KEY, 0, 0},
    {"PReLU", NO_KEY, 0, 1, NO_KEY, 0, 0},
    {"Scale", NO_KEY, 0, 1, 1, 0, 1},
    {"InstanceNorm", NO_KEY, 0, 0, 2, 1, 2},
    {"LayerNorm", NO_KEY, 0, 0, 2, 1, 2},
    {"GroupNorm", NO_KEY, 1, 0, 3, 1, 2},
};

static const struct weight_row *row_of(const struct ncnn_layer *layer)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (ncnn_layer_is(layer, rows[i].type))
            return &rows[i];
    return NULL;
}

/* A count that is a setting, no less than 0. */
static size_t count_under(const struct ncnn_layer *layer, int key)
{
    int count = key == NO_KEY ? 0 : ncnn_layer_setting(layer, key, 0);

    return count > 0 ? (size_t)count : 0;
}

/* Constants in the graph: a box of w, h and c. */
static size_t count_of_box(const struct ncnn_layer *layer)
{
    size_t count = 1;

    for (int key = 0; key < 3; key++)
        count *= count_under(layer, key) > 0 ? count_under(layer, key) : 1;
    return count;
}

static size_t count_bare(const struct ncnn_layer *layer, const struct weight_row *row)
{
    bool is_set = row->flag_key != NO_KEY &&
                  ncnn_layer_setting(layer, row->flag_key, row->flag_otherwise) != 0;

    return count_under(layer, row->bare_key) *
           (size_t)(row->times + (is_set ? row->more : 0));
}

static struct ncnn_weights weights_of(const struct ncnn_layer *layer)
{
    const struct weight_row *row = row_of(layer);

    if (ncnn_layer_is(layer, "MemoryData"))
        return (struct ncnn_weights){.bare_count = count_of_box(layer)};
    if (!row)
        return (struct ncnn_weights){0};
    return (struct ncnn_weights){
        .count = count_under(layer, row->tagged_key),
        .bare_count = count_bare(layer, row),
    };
}

/* ---- the file ------------------------------------------------------------------------------- */

static size_t filled_up(size_t bytes)
{
    return (bytes + 3) / 4 * 4;
}

/* Bytes of tagged weights, filled up; 0: the tag is not known. */
static size_t bytes_of_tagged(uint32_t tag, size_t count)
{
    switch (tag) {
    case NCNN_FLOATS:
        return count * sizeof(float);
    case NCNN_HALVES:
        return filled_up(count * sizeof(uint16_t));
    default:
        return 0;
    }
}

static int refuse_end(const struct ncnn_bin *bin, const struct ncnn_layer *layer,
                      struct error *err)
{
    return error_set(
        err, EXIT_INPUT,
        "%s ends before the weights of layer %s (%s): it is not the .bin of "
        "that .param",
        bin->path, layer->name, layer->type);
}

static int find_tagged(const struct ncnn_bin *bin, const struct ncnn_layer *layer,
                       struct ncnn_weights *weights, size_t *at, struct error *err)
{
    size_t bytes;

    if (bin->size - *at < TAG_BYTES)
        return refuse_end(bin, layer, err);
    memcpy(&weights->tag, bin->bytes + *at, TAG_BYTES);
    *at += TAG_BYTES;
    weights->at = *at;
    if (weights->tag == NCNN_INT8)
        return error_set(err, EXIT_INPUT,
                         "%s: layer %s has integers already; give the pair before "
                         "ncnn2int8",
                         bin->path, layer->name);
    bytes = bytes_of_tagged(weights->tag, weights->count);
    if (bytes == 0)
        return error_set(err, EXIT_INPUT,
                         "%s: where the weights of layer %s (%s) are to begin, at byte "
                         "%zu, stands no mark of float or half weights: it is not the "
                         ".bin of that .param, or a layer before has weights that calq "
                         "does not know",
                         bin->path, layer->name, layer->type, *at - TAG_BYTES);
    if (bin->size - *at < bytes)
        return refuse_end(bin, layer, err);
    *at += bytes;
    return 0;
}

static int find_weights(struct ncnn_bin *bin, const struct ncnn_param *param,
                        struct error *err)
{
    size_t at = 0;

    for (int i = 0; i < param->count; i++) {
        const struct ncnn_layer *layer = &param->layers[i];
        struct ncnn_weights *weights = &bin->of_layers[i];

        *weights = weights_of(layer);
        if (weights->count > 0 && find_tagged(bin, layer, weights, &at, err) < 0)
            return -1;
        weights->bare_at = at;
        if ((bin->size - at) / sizeof(float) < weights->bare_count)
            return refuse_end(bin, layer, err);
        at += weights->bare_count * sizeof(float);
    }
    if (at < bin->size)
        return error_set(err, EXIT_INPUT,
                         "%s has %zu bytes behind the weights of the layers of %s: it "
                         "is another's .bin, or a layer has weights that calq does not "
                         "know",
                         bin->path, bin->size - at, param->path);
    return 0;
}

static int read_bytes(struct ncnn_bin *bin, struct error *err)
{
    FILE *file = fopen(bin->path, "rb");
    size_t room = 0, some;

    if (!file)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", bin->path,
                         strerror(errno));
    do {
        room = room ? 2 * room : 65536;
        bin->bytes = memory_resize(bin->bytes, room);
        some = fread(bin->bytes + bin->size, 1, room - bin->size, file);
        bin->size += some;
    } while (bin->size == room);
    fclose(file);
    return 0;
}

int ncnn_bin_read(struct ncnn_bin *bin, const char *path,
                  const struct ncnn_param *param, struct error *err)
{
    *bin = (struct ncnn_bin){
        .path = memory_text(path),
        .of_layers = memory_zeroed((size_t)param->count + 1, sizeof *bin->of_layers),
    };
    return read_bytes(bin, err) < 0 ? -1 : find_weights(bin, param, err);
}

void ncnn_bin_clear(struct ncnn_bin *bin)
{
    free(bin->path);
    free(bin->bytes);
    free(bin->of_layers);
    *bin = (struct ncnn_bin){0};
}

/* ---- its numbers ---------------------------------------------------------------------------- */

float *ncnn_bin_tagged(const struct ncnn_bin *bin, int layer)
{
    const struct ncnn_weights *weights = &bin->of_layers[layer];
    const uint8_t *from = bin->bytes + weights->at;
    float *values = memory_get(weights->count * sizeof *values);

    if (weights->tag == NCNN_FLOATS) {
        memcpy(values, from, weights->count * sizeof *values);
        return values;
    }
    for (size_t i = 0; i < weights->count; i++) {
        uint16_t half;

        memcpy(&half, from + i * sizeof half, sizeof half);
        values[i] = half_to_float(half);
    }
    return values;
}

float *ncnn_bin_bare(const struct ncnn_bin *bin, int layer)
{
    const struct ncnn_weights *weights = &bin->of_layers[layer];

    return memory_copy(bin->bytes + weights->bare_at,
                       weights->bare_count * sizeof(float));
}

static void write_tag(uint32_t tag, FILE *file)
{
    fwrite(&tag, sizeof tag, 1, file);
}

static void fill_up(size_t bytes, FILE *file)
{
    for (size_t i = bytes; i < filled_up(bytes); i++)
        fputc(0, file);
}

void ncnn_write_int8(const int8_t *codes, size_t count, FILE *file)
{
    write_tag(NCNN_INT8, file);
    fwrite(codes, 1, count, file);
    fill_up(count, file);
}

void ncnn_write_floats(const float *values, size_t count, FILE *file)
{
    write_tag(NCNN_FLOATS, file);
    ncnn_write_bare(values, count, file);
}

void ncnn_write_halves(const float *values, size_t count, FILE *file)
{
    write_tag(NCNN_HALVES, file);
    for (size_t i = 0; i < count; i++) {
        uint16_t half = half_of_float(values[i]);

        fwrite(&half, sizeof half, 1, file);
    }
    fill_up(count * sizeof(uint16_t), file);
}

void ncnn_write_bare(const float *values, size_t count, FILE *file)
{
    fwrite(values, sizeof *values, count, file);
}
