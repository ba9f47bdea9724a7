#include "core/layer/epilogue_output.h"

#include <math.h>

static void write_codes(struct epilogue *epilogue, const struct quantizer *quantizer,
                        float unit, struct value *output, int samples)
{
    float lowest = (float)quantizer_lowest(quantizer) * unit;
    float highest = (float)quantizer_highest(quantizer) * unit;

    /* Both ends of the clamp may lie beyond the codes. */
    epilogue->low = fminf(fmaxf(epilogue->low, lowest), highest);
    epilogue->high = fminf(fmaxf(epilogue->high, lowest), highest);
    epilogue->zero_code = value_zero_code(quantizer);
    value_become_codes(output, samples, quantizer);
    epilogue->out_u8 = value_codes(output);
    epilogue->out = plane_strides(output->plane);
}

static void write_floats(struct epilogue *epilogue, struct value *output)
{
    struct plane bare = plane_bare(output->plane);

    value_become_floats(output);
    epilogue->out_f32 = output->data;
    epilogue->out = plane_strides(&bare);
}

void epilogue_set_output(struct epilogue *epilogue, const struct quantizer *quantizer,
                         float unit, struct value *output, int samples)
{
    if (quantizer)
        write_codes(epilogue, quantizer, unit, output, samples);
    else
        write_floats(epilogue, output);
}
