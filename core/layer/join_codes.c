#include "core/layer/join_codes.h"

#include "core/kernel/vector_clones.h"

#include <math.h>
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

struct shifted_sum {
    int32_t left, right; /* multipliers */
    int32_t start;       /* what zero codes and rounding add */
    int shift;
    int32_t zero_code, least, most;
};

VECTOR_CLONES
static void add_shifted(const struct shifted_sum *sum, const uint8_t *restrict left,
                        const uint8_t *restrict right, size_t count,
                        uint8_t *restrict out)
{
    for (size_t i = 0; i < count; i++) {
        int32_t v = sum->start + sum->left * left[i] + sum->right * right[i];

        v = (v >> sum->shift) + sum->zero_code;
        v = v > sum->least ? v : sum->least;
        out[i] = (uint8_t)(v < sum->most ? v : sum->most);
    }
}

/* The larger multiplier has so many bits, and none shifts further. */
enum { MULTIPLIER_BITS = 20, SHIFT_MOST = 30 };

/* n: 2^n times the larger ratio is in [2^20, 2^21). */
static int shift_of(float left, float right)
{
    int exponent;

    frexpf(left > right ? left : right, &exponent);
    exponent = MULTIPLIER_BITS + 1 - exponent;
    return exponent < 1 ? 1 : exponent < SHIFT_MOST ? exponent : SHIFT_MOST;
}

static int32_t multiplier(float ratio, int shift)
{
    return (int32_t)lrintf(ldexpf(ratio, shift));
}

static struct shifted_sum shifted_sum_of(const struct layer *layer,
                                         const struct value *left,
                                         const struct value *right,
                                         const struct value *output)
{
    float of_left = left->step / output->step, of_right = right->step / output->step;
    int shift = shift_of(of_left, of_right);
    struct shifted_sum sum = {
        .left = multiplier(of_left, shift),
        .right = multiplier(of_right, shift),
        .shift = shift,
        .zero_code = output->zero_code,
        .least = (int32_t)rintf(clamped_code(layer->low / output->step,
                                             output->zero_code, output->code_most)),
        .most = (int32_t)rintf(clamped_code(layer->high / output->step,
                                            output->zero_code, output->code_most)),
    };

    sum.start =
        (1 << (shift - 1)) - sum.left * left->zero_code - sum.right * right->zero_code;
    return sum;
}

void join_codes_add_by_shift(const struct layer *layer, const struct value *left,
                             const struct value *right, int samples,
                             const struct quantizer *quantizer, struct value *output)
{
    size_t count = row_elements(output->plane), rows = row_count(output, samples);
    struct shifted_sum sum;

    value_become_codes(output, samples, quantizer);
    sum = shifted_sum_of(layer, left, right, output);
    for (size_t row = 0; row < rows; row++)
        add_shifted(&sum, value_row(left, row), value_row(right, row), count,
                    value_row(output, row));
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
