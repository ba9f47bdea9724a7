#include "core/network/value.h"

#include <string.h>

void value_to_floats(const struct value *value, size_t count, float *floats)
{
    const uint8_t *codes = value->data;

    if (value_is_codes(value))
        for (size_t i = 0; i < count; i++)
            floats[i] = value->step * (float)(codes[i] - value->zero_code);
    else if (value->data != floats)
        memcpy(floats, value->data, count * sizeof *floats);
}

void value_from_floats(const float *floats, size_t count,
                       const struct quantizer *quantizer, struct value *to)
{
    if (quantizer) {
        quantizer_stored_codes(quantizer, floats, count, to->data);
        to->step = quantizer->step;
        to->zero_code = value_zero_code(quantizer);
    } else {
        if (to->data != floats)
            memcpy(to->data, floats, count * sizeof *floats);
        to->step = 0;
        to->zero_code = 0;
    }
}
