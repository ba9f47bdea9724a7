#include "core/quant/second_codes.h"

#include "core/base/memory.h"

#include <stdlib.h>

/* What the codes leave of the values, and the sum of its squares. */
static double find_rest(const struct quantizer *quantizer, const float *values,
                        const int16_t *codes, size_t count, float *rest)
{
    double squares = 0;

    for (size_t i = 0; i < count; i++) {
        rest[i] = values[i] - quantizer_value(quantizer, codes[i]);
        squares += (double)rest[i] * (double)rest[i];
    }
    return squares;
}

double second_codes_relative_error(const struct quantizer *quantizer,
                                   const float *values, size_t count)
{
    int16_t *codes = memory_get(count * sizeof *codes);
    float *rest = memory_get(count * sizeof *rest);
    double all = 0, error;

    quantizer_wide_codes(quantizer, values, count, codes);
    error = find_rest(quantizer, values, codes, count, rest);
    for (size_t i = 0; i < count; i++)
        all += (double)values[i] * (double)values[i];
    free(codes);
    free(rest);
    return all > 0 ? error / all : 0;
}

static struct quantizer second_quantizer(const struct quantizer *first, int factor)
{
    struct quantizer second = *first;

    second.step = first->step / (float)factor;
    return second;
}

/* Beyond 2^bits the second tensor's codes do not reach over a step of the first. */
static int best_factor(const struct quantizer *first, const float *rest, size_t count,
                       double error, int most, int16_t *codes)
{
    float *left = memory_get(count * sizeof *left);
    int best = 1;

    for (int factor = 2; factor <= most && factor <= 1 << first->bits; factor++) {
        struct quantizer second = second_quantizer(first, factor);
        double squares;

        quantizer_wide_codes(&second, rest, count, codes);
        squares = find_rest(&second, rest, codes, count, left);
        if (squares < error) {
            error = squares;
            best = factor;
        }
    }
    free(left);
    return best;
}

int second_codes_find(const struct quantizer *quantizer, const float *values,
                      size_t count, int most, int16_t *codes)
{
    float *rest = memory_get(count * sizeof *rest);
    int16_t *second = memory_get(count * sizeof *second);
    double error;
    int factor;

    quantizer_wide_codes(quantizer, values, count, codes);
    error = find_rest(quantizer, values, codes, count, rest);
    factor = best_factor(quantizer, rest, count, error, most, second);
    if (factor > 1) {
        struct quantizer finer = second_quantizer(quantizer, factor);

        quantizer_wide_codes(&finer, rest, count, second);
        for (size_t i = 0; i < count; i++)
            codes[i] = (int16_t)(factor * codes[i] + second[i]);
    }
    free(rest);
    free(second);
    return factor;
}
