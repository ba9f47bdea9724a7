#include "core/network/value.h"

#include <string.h>

size_t value_float_bytes(const struct plane *plane, int samples)
{
    return (size_t)samples * plane_inner_count(plane) * sizeof(float) + INPUT_SLACK;
}

size_t value_code_bytes(const struct plane *plane, int samples)
{
    return (size_t)samples * plane_count(plane) + INPUT_SLACK;
}

void value_become_codes(struct value *value, int samples, float step, int zero_code)
{
    value->step = step;
    value->zero_code = zero_code;
    plane_fill_border(value->plane, samples, (uint8_t)zero_code, value->data);
}

void value_become_floats(struct value *value)
{
    value->step = 0;
    value->zero_code = 0;
}

static void codes_to_floats(const struct value *value, const uint8_t *codes,
                            size_t count, float *floats)
{
    for (size_t i = 0; i < count; i++)
        floats[i] = value->step * (float)(codes[i] - value->zero_code);
}

/* The codes that stand together: rows, or everything where there is no border. */
struct pieces {
    size_t rows, row_count;
    ptrdiff_t row_step;
};

static struct pieces pieces_of(const struct plane *plane)
{
    size_t row = (size_t)plane->width * (size_t)plane->channels;

    if (!plane_has_border(plane))
        return (struct pieces){1, row * (size_t)plane->height, 0};
    return (struct pieces){(size_t)plane->height, row, plane_row(plane)};
}

void value_to_floats(const struct value *value, int samples, float *floats)
{
    struct pieces pieces = pieces_of(value->plane);
    size_t all = (size_t)samples * plane_inner_count(value->plane);

    if (!value_is_codes(value)) {
        if (value->data != floats)
            memcpy(floats, value->data, all * sizeof *floats);
        return;
    }
    for (int sample = 0; sample < samples; sample++)
        for (size_t row = 0; row < pieces.rows; row++, floats += pieces.row_count)
            codes_to_floats(value,
                            value_codes(value) +
                                (size_t)sample * plane_count(value->plane) +
                                (ptrdiff_t)row * pieces.row_step,
                            pieces.row_count, floats);
}

void value_from_floats(const float *floats, int samples,
                       const struct quantizer *quantizer, struct value *to)
{
    struct pieces pieces = pieces_of(to->plane);
    size_t all = (size_t)samples * plane_inner_count(to->plane);

    if (!quantizer) {
        if (to->data != floats)
            memcpy(to->data, floats, all * sizeof *floats);
        value_become_floats(to);
        return;
    }
    value_become_codes(to, samples, quantizer->step, value_zero_code(quantizer));
    for (int sample = 0; sample < samples; sample++)
        for (size_t row = 0; row < pieces.rows; row++, floats += pieces.row_count)
            quantizer_stored_codes(quantizer, floats, pieces.row_count,
                                   value_codes(to) +
                                       (size_t)sample * plane_count(to->plane) +
                                       (ptrdiff_t)row * pieces.row_step);
}
