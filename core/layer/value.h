/* value.h - what an activation tensor holds at the moment: floats, or codes with their step. */
#ifndef CORE_LAYER_VALUE_H
#define CORE_LAYER_VALUE_H

#include "core/layer/plane.h"
#include "core/quant/quantizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values of a block: floats [samples, height, width, channels], or u8 stored codes in
 * `samples` planes with their borders. */
struct value {
    void *data;                /* borrowed; INPUT_SLACK bytes follow */
    const struct plane *plane; /* of the tensor; borrowed */
    float step;    /* 0: data are floats; else value = step * (stored - zero_code) */
    int zero_code; /* the stored code of the value zero */
    int code_most; /* no stored code is larger */
};

static inline bool value_is_codes(const struct value *value)
{
    return value->step > 0;
}

/* The first pixel of the first sample. */
static inline uint8_t *value_codes(const struct value *value)
{
    return (uint8_t *)value->data + plane_first(value->plane);
}

/* Where row `row` begins of all rows of all samples, of a value of codes. */
uint8_t *value_row(const struct value *value, size_t row);

/* The stored code of zero under a quantizer of activations (midtread, narrow, unsigned). */
static inline int value_zero_code(const struct quantizer *quantizer)
{
    return -quantizer_lowest(quantizer);
}

/* Bytes that `samples` samples need, as floats or as codes. */
size_t value_float_bytes(const struct plane *plane, int samples);
size_t value_code_bytes(const struct plane *plane, int samples);

/* Makes a value one of codes under a quantizer, or like those of another value; they are still to be
 * written, but the border is filled. That is not done again where the value says that it holds codes
 * for as many samples already. */
void value_become_codes(struct value *value, int samples,
                        const struct quantizer *quantizer);
void value_become_codes_like(struct value *value, int samples,
                             const struct value *like);
void value_become_floats(struct value *value);

/* Writes the values as floats, [samples, height, width, channels]; codes are multiplied by their
 * step. */
void value_to_floats(const struct value *value, int samples, float *floats);

/* The same of row `row` of all rows of all samples, [width, channels]. */
void value_row_to_floats(const struct value *value, size_t row, float *floats);

/* The values as floats: where they are, or written to `room`. */
const float *value_as_floats(const struct value *value, int samples, float *room);

/* Writes floats [samples, height, width, channels] to `to`: as they are, or, where `quantizer` is
 * not NULL, as stored codes. */
void value_from_floats(const float *floats, int samples,
                       const struct quantizer *quantizer, struct value *to);

/* Writes floats [rows, width, channels] as stored codes to a value that has become one of codes:
 * to `rows` rows from row `first` on, counted over all samples. */
void value_put_rows(const float *floats, size_t first, size_t rows,
                    const struct quantizer *quantizer, struct value *to);

#endif
