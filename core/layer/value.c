#include "core/layer/value.h"

#include "core/kernel/vector_clones.h"

#include <string.h>

size_t value_float_bytes(const struct plane *plane, int samples)
{
    return (size_t)samples * plane_inner_count(plane) * sizeof(float) + INPUT_SLACK;
}

size_t value_code_bytes(const struct plane *plane, int samples)
{
    return (size_t)samples * plane_count(plane) + INPUT_SLACK;
}

void value_become_codes_like(struct value *value, int samples, const struct value *like)
{
    bool has_border = value_is_codes(value) && value->zero_code == like->zero_code;

    value->step = like->step;
    value->zero_code = like->zero_code;
    value->code_most = like->code_most;
    if (!has_border)
        plane_fill_border(value->plane, samples, sizeof(uint8_t),
                          (uint8_t)value->zero_code, value->data);
}

void value_become_codes(struct value *value, int samples,
                        const struct quantizer *quantizer)
{
    int zero_code = value_zero_code(quantizer);

    value_become_codes_like(
        value, samples,
        &(struct value){.step = quantizer->step,
                        .zero_code = zero_code,
                        .code_most = zero_code + quantizer_highest(quantizer)});
}

void value_become_floats(struct value *value)
{
    value->step = 0;
    value->zero_code = 0;
    value->code_most = 0;
}

VECTOR_CLONES
static void codes_to_floats(const uint8_t *codes, size_t count, float step,
                            int zero_code, float *floats)
{
    for (size_t i = 0; i < count; i++)
        floats[i] = step * (float)(codes[i] - zero_code);
}

uint8_t *value_row(const struct value *value, size_t row)
{
    const struct plane *plane = value->plane;
    size_t height = (size_t)plane->height;

    return value_codes(value) + row / height * plane_count(plane) +
           (ptrdiff_t)(row % height) * plane_row(plane);
}

static size_t row_count(const struct plane *plane)
{
    return (size_t)plane->width * (size_t)plane->channels;
}

void value_row_to_floats(const struct value *value, size_t row, float *floats)
{
    size_t count = row_count(value->plane);

    if (value_is_codes(value))
        codes_to_floats(value_row(value, row), count, value->step, value->zero_code,
                        floats);
    else
        memcpy(floats, (const float *)value->data + row * count,
               count * sizeof *floats);
}

void value_to_floats(const struct value *value, int samples, float *floats)
{
    size_t rows = (size_t)samples * (size_t)value->plane->height;
    size_t count = row_count(value->plane);

    if (!value_is_codes(value)) {
        if (value->data != floats)
            memcpy(floats, value->data, rows * count * sizeof *floats);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        value_row_to_floats(value, row, floats + row * count);
}

const float *value_as_floats(const struct value *value, int samples, float *room)
{
    if (!value_is_codes(value))
        return value->data;
    value_to_floats(value, samples, room);
    return room;
}

void value_put_rows(const float *floats, size_t first, size_t rows,
                    const struct quantizer *quantizer, struct value *to)
{
    size_t count = row_count(to->plane);

    for (size_t row = 0; row < rows; row++)
        quantizer_stored_codes(quantizer, floats + row * count, count,
                               value_row(to, first + row));
}

void value_from_floats(const float *floats, int samples,
                       const struct quantizer *quantizer, struct value *to)
{
    size_t rows = (size_t)samples * (size_t)to->plane->height;

    if (quantizer) {
        value_become_codes(to, samples, quantizer);
        value_put_rows(floats, 0, rows, quantizer, to);
    } else {
        value_become_floats(to);
        if (to->data != floats)
            memcpy(to->data, floats, rows * row_count(to->plane) * sizeof *floats);
    }
}
