#include "core/layer/join_codes.h"

#include "core/kernel/vector_clones.h"

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

struct addend {
    const uint8_t *codes;
    float step;
    int zero_code;
};

static struct addend addend_of(const struct value *value, size_t row)
{
    return (struct addend){value_row(value, row), value->step, value->zero_code};
}

/* A sum of a run, or of less at the end. Constants and pointers of its own, and a fixed length, let the
 * compiler make vector code of it at -O2. */
static inline __attribute__((always_inline)) void
add_run(const struct layer *layer, const struct addend *left,
        const struct addend *right, size_t first, const size_t count,
        float *restrict sums)
{
    const uint8_t *restrict a = left->codes + first, *restrict b = right->codes + first;
    const float a_step = left->step, b_step = right->step;
    const int a_zero = left->zero_code, b_zero = right->zero_code;
    const float low = layer->low, high = layer->high;

    for (size_t i = 0; i < count; i++) {
        float sum = a_step * (float)(a[i] - a_zero) + b_step * (float)(b[i] - b_zero);

        sum = sum > low ? sum : low;
        sums[i] = sum < high ? sum : high;
    }
}

VECTOR_CLONES
static void add_row(const struct layer *layer, const struct addend *left,
                    const struct addend *right, size_t count, float *restrict sums)
{
    enum { RUN = 64 };
    size_t done = 0;

    for (; done + RUN <= count; done += RUN)
        add_run(layer, left, right, done, RUN, sums + done);
    add_run(layer, left, right, done, count - done, sums + done);
}

void join_codes_add(const struct layer *layer, const struct value *left,
                    const struct value *right, int samples,
                    const struct quantizer *quantizer, struct value *output, float *row)
{
    size_t count = row_elements(output->plane), rows = row_count(output, samples);

    value_become_codes(output, samples, quantizer);
    for (size_t at = 0; at < rows; at++) {
        const struct addend of_left = addend_of(left, at);
        const struct addend of_right = addend_of(right, at);

        add_row(layer, &of_left, &of_right, count, row);
        value_put_rows(row, at, 1, quantizer, output);
    }
}

/* A sum in steps of the output: codes times ratios, and a constant that holds the zero codes. */
struct ratio_sum {
    const uint8_t *left, *right;
    float left_ratio, right_ratio, constant;
    float least, most; /* codes */
};

static float clamped_code(float code, int zero_code, int most)
{
    code += (float)zero_code;
    code = code > 0 ? code : 0;
    return code < (float)most ? code : (float)most;
}

static struct ratio_sum ratio_sum_of(const struct layer *layer,
                                     const struct value *left,
                                     const struct value *right,
                                     const struct value *output)
{
    struct ratio_sum sum = {
        .left_ratio = left->step / output->step,
        .right_ratio = right->step / output->step,
        .least = clamped_code(layer->low / output->step, output->zero_code,
                              output->code_most),
        .most = clamped_code(layer->high / output->step, output->zero_code,
                             output->code_most),
    };
    float zeros = sum.left_ratio * (float)left->zero_code;

    zeros += sum.right_ratio * (float)right->zero_code;
    sum.constant = (float)output->zero_code - zeros;
    return sum;
}

/* a * b + c, rounded once: a code times a float is exact in double, and so is the sum unless its
 * parts are 2^21 apart. Unlike fmaf() it is vector code on every CPU. */
static inline float multiply_add(uint8_t a, float b, float c)
{
    return (float)((double)a * (double)b + (double)c);
}

VECTOR_CLONES
static void add_codes(const struct ratio_sum *sum, size_t count,
                      uint8_t *restrict codes)
{
    const uint8_t *restrict left = sum->left, *restrict right = sum->right;
    const float left_ratio = sum->left_ratio, right_ratio = sum->right_ratio;
    const float constant = sum->constant, least = sum->least, most = sum->most;
    const float ones =
        12582912.f; /* 1.5 * 2^23: floats are 1 apart, so the sum rounds */

    for (size_t i = 0; i < count; i++) {
        float v = multiply_add(left[i], left_ratio,
                               multiply_add(right[i], right_ratio, constant));

        v = v > least ? v : least;
        v = v < most ? v : most;
        codes[i] = (uint8_t)(int)((v + ones) - ones);
    }
}

void join_codes_add_like_kernels(const struct layer *layer, const struct value *left,
                                 const struct value *right, int samples,
                                 const struct quantizer *quantizer,
                                 struct value *output)
{
    size_t count = row_elements(output->plane), rows = row_count(output, samples);
    struct ratio_sum sum;

    value_become_codes(output, samples, quantizer);
    sum = ratio_sum_of(layer, left, right, output);
    for (size_t at = 0; at < rows; at++) {
        sum.left = value_row(left, at);
        sum.right = value_row(right, at);
        add_codes(&sum, count, value_row(output, at));
    }
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
