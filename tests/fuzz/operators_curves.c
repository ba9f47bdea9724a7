/* Curves of one number, and slopes. */
#include "tests/fuzz/operators.h"

#include <math.h>

/* `slope`: the steepest of the curve. Runtimes approximate some, to within some units of themselves or
 * of what is near 1. */
static struct array *curved(const struct trial *trial, const struct array *from,
                            double (*curve)(double x), double slope)
{
    struct array *result = array_copy(from);

    for (size_t i = 0; i < result->count; i++) {
        double value = curve(result->values[i]);

        result->values[i] = value;
        result->errors[i] =
            slope * result->errors[i] + 8 * trial->unit * fmax(fabs(value), 1);
    }
    return result;
}

static double softsign(double x)
{
    return x / (1 + fabs(x));
}

static double negative(double x)
{
    return -x;
}

static double selu(double x)
{
    return 1.05070102214813232421875 *
           (x > 0 ? x : 1.67326319217681884765625 * expm1(x));
}

struct array *op_abs(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return curved(trial, inputs[0], fabs, 1);
}

struct array *op_erf(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return curved(trial, inputs[0], erf, 1.13);
}

struct array *op_neg(struct trial *trial, const struct node *node,
                     const struct array *const *inputs)
{
    (void)node;
    return curved(trial, inputs[0], negative, 1);
}

struct array *op_selu(struct trial *trial, const struct node *node,
                      const struct array *const *inputs)
{
    (void)node;
    return curved(trial, inputs[0], selu, 1.76);
}

struct array *op_softsign(struct trial *trial, const struct node *node,
                          const struct array *const *inputs)
{
    (void)node;
    return curved(trial, inputs[0], softsign, 1);
}

struct array *op_prelu(struct trial *trial, const struct node *node,
                       const struct array *const *inputs)
{
    struct array *result = array_copy(inputs[0]);

    (void)node;
    for (size_t i = 0; i < result->count; i++) {
        double slope = inputs[1]->values[array_stretched_index(inputs[1], result, i)];

        result->errors[i] *= fmax(fabs(slope), 1);
        result->values[i] *= result->values[i] < 0 ? slope : 1;
        result->errors[i] += trial->unit * fabs(result->values[i]);
    }
    return result;
}
