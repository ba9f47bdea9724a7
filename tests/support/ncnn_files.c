#include "tests/support/ncnn_files.h"

#include "core/base/half.h"
#include "core/base/memory.h"
#include "core/layer/weight_codes.h"
#include "core/layer/weight_ratios.h"
#include "core/network/early_codes.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void end(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);

    if (!file)
        end("cannot open %s", path);
    return file;
}

/* ---- writing -------------------------------------------------------------------------------- */

struct writer {
    const struct network *network;
    enum ncnn_style style;
    FILE *lines, *bin;
    int layers, blobs;
    int *used; /* [tensors] blobs of a tensor that were read, where it has several */
};

/* The tensor of which another is a copy for products. */
static int original(const struct network *network, int tensor)
{
    int producer = network->tensors[tensor].producer;
    const struct layer *layer = producer < 0 ? NULL : &network->layers[producer];

    return layer && layer->kind == LAYER_REARRANGE && layer->node < 0 ? layer->inputs[0]
                                                                      : tensor;
}

static bool is_copy(const struct layer *layer)
{
    return layer->kind == LAYER_REARRANGE && layer->node < 0;
}

static int count_readers(const struct network *network, int tensor)
{
    int readers = 0;

    for (int index = 0; index < network->layer_count; index++)
        for (int i = 0; !is_copy(&network->layers[index]) &&
                        i < network->layers[index].input_count;
             i++)
            readers += original(network, network->layers[index].inputs[i]) == tensor;
    return readers;
}

static void write_line(struct writer *writer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(writer->lines, format, arguments);
    va_end(arguments);
    fputc('\n', writer->lines);
    writer->layers++;
}

/* A blob that holds a tensor: of several readers each has its own, of a Split. */
static const char *blob_read(struct writer *writer, int tensor)
{
    static char names[4][256];
    static int turn;
    char *name = names[turn++ % 4];

    tensor = original(writer->network, tensor);
    if (count_readers(writer->network, tensor) > 1)
        snprintf(name, 256, "t%d_splitncnn_%d", tensor, writer->used[tensor]++);
    else
        snprintf(name, 256, "t%d", tensor);
    return name;
}

static void write_split(struct writer *writer, int tensor)
{
    int readers = count_readers(writer->network, tensor);

    writer->blobs++;
    if (readers < 2)
        return;
    fprintf(writer->lines, "Split splitncnn_%d 1 %d t%d", writer->layers, readers,
            tensor);
    for (int i = 0; i < readers; i++)
        fprintf(writer->lines, " t%d_splitncnn_%d", tensor, i);
    write_line(writer, "");
    writer->blobs += readers;
}

static bool is_fc(const struct writer *writer, const struct layer *layer)
{
    return writer->network->tensors[layer->inputs[0]].rank == 1;
}

static const char *type_of(const struct writer *writer, const struct layer *layer)
{
    return is_fc(writer, layer)         ? "InnerProduct"
           : layer->weights->groups > 1 ? "ConvolutionDepthWise"
                                        : "Convolution";
}

static bool has_biases(const struct layer *layer)
{
    for (int i = 0; i < layer->weights->outputs; i++)
        if (layer->conv.shift[i] != 0)
            return true;
    return false;
}

/* [outputs, window, inputs] in the order [outputs, inputs, window]. */
static float weight_at(const struct weights *weights, size_t at)
{
    size_t window = (size_t)weights->window, inputs = (size_t)weights->inputs;
    size_t output = at / (window * inputs), input = at / window % inputs;

    return weights->values[(output * window + at % window) * inputs + input];
}

static void write_weights(const struct writer *writer, const struct layer *layer)
{
    size_t count = weights_count(layer->weights);
    uint32_t tag = writer->style == NCNN_OF_PNNX ? 0x01306B47 : 0;

    fwrite(&tag, sizeof tag, 1, writer->bin);
    for (size_t i = 0; i < count; i++) {
        float value = weight_at(layer->weights, i);
        uint16_t half = half_of_float(value);

        fwrite(tag ? (void *)&half : (void *)&value, tag ? sizeof half : sizeof value,
               1, writer->bin);
    }
    if (tag && count % 2)
        fwrite("\0", 2, 1, writer->bin);
    if (has_biases(layer))
        fwrite(layer->conv.shift, sizeof(float), (size_t)layer->weights->outputs,
               writer->bin);
}

static void write_window(const struct writer *writer, const struct layer *layer)
{
    const struct window *window = &layer->window;

    fprintf(writer->lines,
            " 0=%d 1=%d 11=%d 2=%d 12=%d 3=%d 13=%d 4=%d 14=%d 5=%d 6=%zu",
            layer->weights->outputs, window->kernel_width, window->kernel_height,
            window->dilation_width, window->dilation_height, window->stride_width,
            window->stride_height, window->pad_left, window->pad_top, has_biases(layer),
            weights_count(layer->weights));
    if (layer->weights->groups > 1)
        fprintf(writer->lines, " 7=%d", layer->weights->groups);
}

static const char *name_of(const struct writer *writer, const struct layer *layer)
{
    static char name[256];
    bool clamps = !layer_is_unclamped(layer) && !layer->conv.has_residual;
    const char *kind = is_fc(writer, layer)         ? "fc"
                       : layer->weights->groups > 1 ? "convdw"
                                                    : "conv";

    if (writer->style == NCNN_OF_ONNX2NCNN)
        return layer->name;
    snprintf(name, sizeof name, "%s%s_%d", kind,
             !clamps              ? ""
             : isinf(layer->high) ? "relu"
                                  : "clip",
             writer->layers);
    return name;
}

static void write_activation(const struct writer *writer, const struct layer *layer)
{
    if (layer_is_unclamped(layer) || layer->conv.has_residual)
        return;
    if (isinf(layer->high))
        fputs(" 9=1", writer->lines);
    else
        fprintf(writer->lines,
                writer->style == NCNN_OF_PNNX ? " 9=3 10=%f,%f" : " 9=3 -23310=2,%f,%f",
                (double)layer->low, (double)layer->high);
}

static void write_sum(struct writer *writer, const struct layer *layer)
{
    write_line(writer, "BinaryOp add_%d 2 1 t%d_bare %s t%d%s 0=0", writer->layers,
               layer->output, blob_read(writer, layer->inputs[1]), layer->output,
               layer_is_unclamped(layer) ? "" : "_sum");
    writer->blobs++;
    if (layer_is_unclamped(layer))
        return;
    write_line(writer, "ReLU relu_%d 1 1 t%d_sum t%d", writer->layers, layer->output,
               layer->output);
    writer->blobs++;
}

static void write_conv(struct writer *writer, const struct layer *layer)
{
    fprintf(writer->lines, "%-24s %-24s 1 1 %s t%d%s", type_of(writer, layer),
            name_of(writer, layer), blob_read(writer, layer->inputs[0]), layer->output,
            layer->conv.has_residual ? "_bare" : "");
    if (is_fc(writer, layer))
        fprintf(writer->lines, " 0=%d 1=%d 2=%zu", layer->weights->outputs,
                has_biases(layer), weights_count(layer->weights));
    else
        write_window(writer, layer);
    write_activation(writer, layer);
    write_line(writer, "");
    write_weights(writer, layer);
    if (layer->conv.has_residual)
        write_sum(writer, layer);
}

/* Types of other layers that the networks of tests have. */
static const char *const other_types[LAYER_KIND_COUNT] = {
    [LAYER_AFFINE] = "ReLU",         [LAYER_ADD] = "BinaryOp",
    [LAYER_MAX_POOL] = "Pooling",    [LAYER_AVERAGE_POOL] = "Pooling",
    [LAYER_CONCAT] = "Concat",       [LAYER_REARRANGE] = "Reshape",
    [LAYER_REDUCTION] = "Reduction",
};

static void write_other(struct writer *writer, const struct layer *layer)
{
    const char *type = other_types[layer->kind];

    fprintf(writer->lines, "%-24s %s_%d %d 1", type ? type : "Noop", "other",
            writer->layers, layer->input_count);
    for (int i = 0; i < layer->input_count; i++)
        fprintf(writer->lines, " %s", blob_read(writer, layer->inputs[i]));
    write_line(writer, " t%d", layer->output);
}

static void write_layers(struct writer *writer)
{
    const struct network *network = writer->network;

    for (int i = 0; i < network->input_count; i++) {
        write_line(writer, "Input in%d 0 1 t%d", i, network->inputs[i]);
        write_split(writer, network->inputs[i]);
    }
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];

        if (is_copy(layer))
            continue;
        if (layer->kind == LAYER_CONV)
            write_conv(writer, layer);
        else
            write_other(writer, layer);
        write_split(writer, layer->output);
    }
}

void ncnn_files_write(const struct network *network, enum ncnn_style style,
                      const char *param, const char *bin)
{
    char *lines = NULL;
    size_t bytes;
    struct writer writer = {
        .network = network,
        .style = style,
        .bin = open_file(bin, "wb"),
        .used = memory_zeroed((size_t)network->tensor_count, sizeof *writer.used),
    };
    FILE *file = open_file(param, "w");

    writer.lines = open_memstream(&lines, &bytes);
    write_layers(&writer);
    fclose(writer.lines);
    fprintf(file, "7767517\n%d %d\n%s", writer.layers, writer.blobs, lines);
    if (fclose(file) || fclose(writer.bin))
        end("cannot write %s or %s", param, bin);
    free(lines);
    free(writer.used);
}

/* ---- reading back ---------------------------------------------------------------------------- */

struct reader {
    const struct network *network;
    const struct placement *placement;
    const struct choice *choices;
    struct weight_rules rules;
    const int *items;
    FILE *lines, *bin;
    struct ncnn_tally tally;
};

static void read_bytes(const struct reader *reader, void *to, size_t bytes,
                       const char *what)
{
    if (fread(to, 1, bytes, reader->bin) != bytes)
        end("the .bin ends before %s", what);
}

static int setting(const char *line, int key, int otherwise)
{
    char mark[16];
    const char *found;

    snprintf(mark, sizeof mark, " %d=", key);
    found = strstr(line, mark);
    return found ? atoi(found + strlen(mark)) : otherwise;
}

/* The next line of a layer with weights. */
static void next_line(const struct reader *reader, char *line, size_t room)
{
    while (fgets(line, (int)room, reader->lines)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "Convolution", 11) == 0 ||
            strncmp(line, "InnerProduct", 12) == 0)
            return;
    }
    end("the .param has too few layers");
}

static void expect_float(const struct reader *reader, float expected, const char *layer,
                         const char *what)
{
    float found;

    read_bytes(reader, &found, sizeof found, what);
    if (found != expected)
        end("layer %s: %s is %.9g, not %.9g", layer, what, (double)found,
            (double)expected);
}

/* Whether integers come out of a layer: all that reads it are convolutions of codes. */
static bool hands_on(const struct reader *reader, const struct layer *layer)
{
    const struct network *network = reader->network;

    if (layer->conv.has_residual || reader->items[layer->output] < 0)
        return false;
    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *other = &network->layers[index];

        if (layer_reads(other, layer->output) &&
            (other->kind != LAYER_CONV ||
             placement_of_weights(reader->placement, index, 0) < 0 ||
             network->tensors[layer->output].rank == 1))
            return false;
    }
    return layer->output != network->output;
}

static void compare_biases(const struct reader *reader, const struct layer *layer,
                           const char *line, bool is_fc)
{
    bool has_some = setting(line, is_fc ? 1 : 5, 0);

    if (!has_some && has_biases(layer))
        end("layer %s has lost its biases", layer->name);
    for (int i = 0; has_some && i < layer->weights->outputs; i++)
        expect_float(reader, layer->conv.shift[i], layer->name, "a bias");
}

static float scale_of(const struct reader *reader, int item)
{
    return (float)(1 / (double)reader->choices[item].step);
}

static void compare_codes(struct reader *reader, const struct layer *layer,
                          const int16_t *codes)
{
    const struct weights *weights = layer->weights;
    size_t window = (size_t)weights->window, inputs = (size_t)weights->inputs;
    size_t count = weights_count(weights);
    int8_t *found = memory_get(count + 4);

    read_bytes(reader, found, (count + 3) / 4 * 4, layer->name);
    for (size_t i = 0; i < count; i++) {
        size_t output = i / (window * inputs), input = i / window % inputs;

        if (found[i] != codes[(output * window + i % window) * inputs + input])
            end("layer %s: code %zu is %d", layer->name, i, found[i]);
    }
    free(found);
    reader->tally.codes += count;
}

static void compare_scales(const struct reader *reader, const struct layer *layer,
                           const struct weight_codes *codes,
                           const struct weight_rules *rules,
                           const struct quantizer *quantizer, const int16_t *integers)
{
    const struct weights *weights = layer->weights;
    int together = weights->groups > 1 ? weights->outputs / weights->groups : 1;
    size_t outputs = (size_t)weights->outputs;
    float *steps = memory_get(outputs * sizeof *steps);
    float *corrections = memory_get(outputs * sizeof *corrections);

    weight_codes_values(codes, weights, rules, quantizer, integers, steps, corrections);
    for (int i = 0; i < weights->outputs; i += together)
        expect_float(reader, (float)(1 / (double)steps[i]), layer->name,
                     "a scale of weights");
    free(steps);
    free(corrections);
}

static void compare_quantized(struct reader *reader, const struct layer *layer,
                              int item, const char *line)
{
    const struct quantizer quantizer = choice_quantizer(reader->choices[item]);
    const struct weight_rules rules =
        placement_weight_rules(&reader->placement->items[item], &reader->rules);
    int16_t *integers = memory_get(weights_count(layer->weights) * sizeof *integers);
    const struct weight_codes codes =
        weight_codes_find(layer->weights, &rules, &quantizer, integers);
    bool is_fc = line[0] == 'I';
    int term = (strncmp(line, "ConvolutionDepthWise", 20) == 0 ? 1 : 2) +
               (hands_on(reader, layer) ? 100 : 0);

    if (setting(line, 8, 0) != term)
        end("layer %s: its scales are of kind %d, not %d", layer->name,
            setting(line, 8, 0), term);
    compare_codes(reader, layer, integers);
    compare_biases(reader, layer, line, is_fc);
    compare_scales(reader, layer, &codes, &rules, &quantizer, integers);
    expect_float(reader, scale_of(reader, reader->items[layer->inputs[0]]), layer->name,
                 "the scale of the input");
    if (term > 100)
        expect_float(reader, scale_of(reader, reader->items[layer->output]),
                     layer->name, "the scale of the output");
    reader->tally.handing_on += term > 100;
    free(integers);
}

static void compare_float(const struct reader *reader, const struct layer *layer,
                          const char *line, uint32_t tag)
{
    size_t count = weights_count(layer->weights);

    for (size_t i = 0; i < count; i++) {
        float value = weight_at(layer->weights, i), found;
        uint16_t half;

        if (tag == 0)
            read_bytes(reader, &found, sizeof found, layer->name);
        else
            read_bytes(reader, &half, sizeof half, layer->name);
        if (tag == 0 ? found != value : half != half_of_float(value))
            end("layer %s: weight %zu is another", layer->name, i);
    }
    if (tag && count % 2)
        read_bytes(reader, &tag, 2, layer->name);
    compare_biases(reader, layer, line, line[0] == 'I');
}

static void compare_layer(struct reader *reader, int index)
{
    const struct layer *layer = &reader->network->layers[index];
    int item = placement_of_weights(reader->placement, index, 0);
    uint32_t tag;
    char line[4096];

    next_line(reader, line, sizeof line);
    read_bytes(reader, &tag, sizeof tag, layer->name);
    if ((tag == 0x000D4B38) != (item >= 0))
        end("layer %s has the tag %x", layer->name, tag);
    if (item >= 0)
        compare_quantized(reader, layer, item, line);
    else
        compare_float(reader, layer, line, tag);
    reader->tally.quantized += item >= 0;
    reader->tally.floats += item < 0;
}

struct ncnn_tally ncnn_files_compare(const struct network *network,
                                     const struct placement *placement,
                                     const struct choice *choices,
                                     struct weight_rules rules, const char *param,
                                     const char *bin)
{
    int *items = early_codes(network, placement);
    struct reader reader = {.network = network,
                            .placement = placement,
                            .choices = choices,
                            .rules = rules,
                            .items = items,
                            .lines = open_file(param, "r"),
                            .bin = open_file(bin, "rb")};

    for (int index = 0; index < network->layer_count; index++)
        if (network->layers[index].kind == LAYER_CONV)
            compare_layer(&reader, index);
    if (fgetc(reader.bin) != EOF)
        end("the .bin has more than its layers");
    fclose(reader.lines);
    fclose(reader.bin);
    free(items);
    return reader.tally;
}
