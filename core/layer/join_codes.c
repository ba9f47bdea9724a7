#include "core/layer/join_codes.h"

#include <string.h>

static size_t row_elements(const struct plane *plane)
{
    return (size_t)plane->width * (size_t)plane->channels;
}

static size_t row_count(const struct value *value, int samples)
{
    return (size_t)samples * (size_t)value->plane->height;
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* Adds row after row: `add` says how. */
static void add_rows(const struct kernel_set *kernels, struct add_u8 add,
                     const struct value *left, const struct value *right, int samples,
                     const struct value *output)
{
    size_t rows = row_count(output, samples);

    add.count = row_elements(output->plane);
    for (size_t row = 0; row < rows; row++) {
        add.left = value_row(left, row);
        add.right = value_row(right, row);
        add.out = value_row(output, row);
        kernels->add_u8(&add);
    }
}

void join_codes_add(const struct kernel_set *kernels, const struct layer *layer,
                    const struct value *left, const struct value *right, int samples,
                    const struct quantizer *quantizer, struct value *output)
{
    const struct add_u8 add = {
        .left_scale = left->step,
        .right_scale = right->step,
        .step = quantizer->step,
        .low = layer->low,
        .high = layer->high,
        .left_zero = left->zero_code,
        .right_zero = right->zero_code,
        .least = (float)quantizer_lowest(quantizer),
        .most = (float)quantizer_highest(quantizer),
        .zero_code = value_zero_code(quantizer),
    };

    value_become_codes(output, samples, quantizer);
    add_rows(kernels, add, left, right, samples, output);
}

static float clamped_code(float code, int zero_code, int most)
{
    code += (float)zero_code;
    code = code > 0 ? code : 0;
    return code < (float)most ? code : (float)most;
}

void join_codes_add_like_kernels(const struct kernel_set *kernels,
                                 const struct layer *layer, const struct value *left,
                                 const struct value *right, int samples,
                                 const struct quantizer *quantizer,
                                 struct value *output)
{
    struct add_u8 add;
    float zeros;

    value_become_codes(output, samples, quantizer);
    add = (struct add_u8){
        .left_scale = left->step / output->step,
        .right_scale = right->step / output->step,
        .least = clamped_code(layer->low / output->step, output->zero_code,
                              output->code_most),
        .most = clamped_code(layer->high / output->step, output->zero_code,
                             output->code_most),
    };
    zeros = add.left_scale * (float)left->zero_code;
    zeros += add.right_scale * (float)right->zero_code;
    add.shift = (float)output->zero_code - zeros;
    add_rows(kernels, add, left, right, samples, output);
}

/* ---- concatenations ------------------------------------------------------------------------- */

static bool has_codes_of(const struct value *input, const struct value *output)
{
    return input->step == output->step && input->zero_code == output->zero_code &&
           input->code_most == output->code_most;
}

static void put_row(const uint8_t *from, const struct plane *plane, size_t channels,
                    uint8_t *to)
{
    size_t part = (size_t)plane->channels;

    for (int column = 0; column < plane->width; column++, from += part, to += channels)
        memcpy(to, from, part);
}

void join_codes_put(const struct value *input, int samples,
                    const struct quantizer *quantizer, size_t first,
                    struct value *output, float *floats, uint8_t *bytes)
{
    size_t rows = row_count(input, samples), count = row_elements(input->plane);
    size_t channels = (size_t)output->plane->channels;
    bool is_rounded = has_codes_of(input, output);

    if (!is_rounded)
        quantizer_stored_codes(quantizer, value_as_floats(input, samples, floats),
                               rows * count, bytes);
    for (size_t row = 0; row < rows; row++)
        put_row(is_rounded ? value_row(input, row) : bytes + row * count, input->plane,
                channels, value_row(output, row) + first);
}
