/* Shifts as integer kernels have them: 32-bit integers that are added to sums of products of codes. */
#include "tests/fuzz/layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How many whole numbers lie within the error of a number beside the one that it is rounded to. */
static double others_near(double number, double error)
{
    return rint(number + error) - rint(number - error);
}

void layer_round_shifts(struct layer_of_sums *one, const struct found *found)
{
    struct found_step step = {.channel_steps = NULL};

    if (!one->reads_8_bits || !found_has_kernels(found) ||
        !found_step_of(found, one->weight_name, true, &step))
        return;
    for (int i = 0; i < one->outputs && layer_block(found, one->weights, &step) == 0;
         i++) {
        double of_weights = step.channel_steps ? step.channel_steps[i] : step.step;
        double unit = one->input_step * of_weights * fabs(one->scale[i]) /
                      found_more(found, one->weight_name, step.step).factor;
        double number = one->shift[i] / unit, error = 0x1p-20 * fabs(number);

        if (one->mean)
            error += 0x1p-21 * fabs(one->mean[i] * one->scale[i]) / unit;
        if (unit == 0 || !(fabs(number) < 0x1p24))
            continue;
        one->shift_errors[i] = unit * others_near(number, error);
        one->shift[i] = rint(number) * unit;
    }
    free(step.channel_steps);
}
