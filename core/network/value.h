/* value.h - what an activation tensor holds at the moment: floats, or codes with their step. */
#ifndef CORE_NETWORK_VALUE_H
#define CORE_NETWORK_VALUE_H

#include "core/quant/quantizer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The values of a block: [samples, height, width, channels]. */
struct value {
    void *data;    /* float, or u8 stored codes; borrowed; INPUT_SLACK bytes follow */
    float step;    /* 0: data are floats; else value = step * (stored - zero_code) */
    int zero_code; /* the stored code of the value zero */
};

static inline bool value_is_codes(const struct value *value)
{
    return value->step > 0;
}

static inline size_t value_element_bytes(const struct value *value)
{
    return value_is_codes(value) ? sizeof(uint8_t) : sizeof(float);
}

/* The stored code of zero under a quantizer of activations (midtread, narrow, unsigned). */
static inline int value_zero_code(const struct quantizer *quantizer)
{
    return -quantizer_lowest(quantizer);
}

/* Writes `count` values as floats; codes are multiplied by their step. */
void value_to_floats(const struct value *value, size_t count, float *floats);

/* Writes floats to `to`: as they are, or, where `quantizer` is not NULL, as stored codes. Sets
 * to->step and to->zero_code. */
void value_from_floats(const float *floats, size_t count,
                       const struct quantizer *quantizer, struct value *to);

#endif
