#include "core/quant/gram.h"

enum { POSITIONS = 1 };

size_t gram_count(int inputs, int outputs)
{
    size_t k = (size_t)inputs, m = (size_t)outputs;

    return POSITIONS + k + m + k * (k + 1) / 2 + m * k;
}

struct gram gram_at(int64_t *numbers, int inputs, int outputs)
{
    size_t k = (size_t)inputs, m = (size_t)outputs;
    int64_t *x = numbers + POSITIONS, *xx = x + k + m;

    return (struct gram){.inputs = inputs,
                         .outputs = outputs,
                         .positions = numbers,
                         .x = x,
                         .t = x + k,
                         .xx = xx,
                         .tx = xx + k * (k + 1) / 2};
}

size_t gram_row(int inputs, int input)
{
    size_t k = (size_t)inputs, i = (size_t)input;

    return i * k - i * (i + 1) / 2;
}

/* sum a b - sum a sum b / n, where products need more than 64 bits. */
static double about_means(const struct gram *gram, int64_t product, int64_t a,
                          int64_t b)
{
    int64_t n = *gram->positions;

    return n > 0 ? (double)((__int128)product * n - (__int128)a * b) / (double)n : 0;
}

void gram_of_inputs(const struct gram *gram, struct gram_origin origin, double *h)
{
    size_t k = (size_t)gram->inputs;
    int64_t zero = origin.zero, of_zeros = *gram->positions * zero * zero;

    for (size_t i = 0; i < k; i++) {
        const int64_t *row = gram->xx + gram_row(gram->inputs, (int)i);

        for (size_t j = i; j < k; j++)
            h[i * k + j] = h[j * k + i] =
                origin.is_zero
                    ? (double)(row[j] - zero * (gram->x[i] + gram->x[j]) + of_zeros)
                    : about_means(gram, row[j], gram->x[i], gram->x[j]);
    }
}

void gram_of_targets(const struct gram *gram, struct gram_origin origin, double *g)
{
    size_t k = (size_t)gram->inputs, m = (size_t)gram->outputs;

    for (size_t output = 0; output < m; output++)
        for (size_t i = 0; i < k; i++) {
            int64_t product = gram->tx[output * k + i], t = gram->t[output];

            g[i * m + output] = origin.is_zero
                                    ? (double)(product - origin.zero * t)
                                    : about_means(gram, product, t, gram->x[i]);
        }
}

double gram_mean(const struct gram *gram, int64_t sum)
{
    return *gram->positions > 0 ? (double)sum / (double)*gram->positions : 0;
}
