#include "core/kernel/kernel_variants.h"

#include <math.h>

static float in_floats(const struct add_u8 *add, int left, int right)
{
    float of_left = add->left_scale * (float)(left - add->left_zero);
    float v = of_left + add->right_scale * (float)(right - add->right_zero);

    v = v > add->low ? v : add->low;
    v = v < add->high ? v : add->high;
    return v / add->step;
}

static float in_steps(const struct add_u8 *add, int left, int right)
{
    float v = fmaf((float)right, add->right_scale, add->shift);

    return fmaf((float)left, add->left_scale, v);
}

void add_u8_scalar(const struct add_u8 *add)
{
    for (size_t i = 0; i < add->count; i++) {
        float v = add->step > 0 ? in_floats(add, add->left[i], add->right[i])
                                : in_steps(add, add->left[i], add->right[i]);

        v = v > add->least ? v : add->least;
        v = v < add->most ? v : add->most;
        add->out[i] = (uint8_t)((int)lrintf(v) + add->zero_code);
    }
}
