#include "core/layer/binary_operation.h"

#include "core/kernel/vector_clones.h"
#include "core/layer/logarithm.h"

/* compute() of a row: `result` of the floats a and b, with a loop for each way to move. */
#define COMPUTE(function, result)                                                      \
    VECTOR_CLONES                                                                      \
    static void function(const struct binary_row *row, float *restrict out)            \
    {                                                                                  \
        const float *restrict left = row->operands[0];                                 \
        const float *restrict right = row->operands[1];                                \
        size_t count = row->count;                                                     \
        float a = *left, b = *right;                                                   \
                                                                                       \
        if (row->moves[0] && row->moves[1])                                            \
            for (size_t i = 0; i < count; i++) {                                       \
                a = left[i], b = right[i];                                             \
                out[i] = result;                                                       \
            }                                                                          \
        else if (row->moves[0])                                                        \
            for (size_t i = 0; i < count; i++) {                                       \
                a = left[i];                                                           \
                out[i] = result;                                                       \
            }                                                                          \
        else                                                                           \
            for (size_t i = 0; i < count; i++) {                                       \
                b = right[i];                                                          \
                out[i] = result;                                                       \
            }                                                                          \
    }

/* NaN of any operand stays, but in what is filled and compared. */
COMPUTE(sums, a + b)
COMPUTE(differences, a - b)
COMPUTE(products, a *b)
COMPUTE(quotients, a / b)
COMPUTE(minima, a < b || a != a ? a : b)
COMPUTE(maxima, a > b || a != a ? a : b)
COMPUTE(powers, (float)raised(a, b))
COMPUTE(slopes, a < 0 ? a * b : a)
COMPUTE(fills, b == b ? b : a)
COMPUTE(keeps, b != 0 ? a : NAN)
COMPUTE(equal, a == b ? 1.f : 0.f)
COMPUTE(unequal, a != b ? 1.f : 0.f)
COMPUTE(less, a < b ? 1.f : 0.f)
COMPUTE(less_or_equal, a <= b ? 1.f : 0.f)

static bool both_are(const struct binary *binary, bool left_is, bool right_is)
{
    (void)binary;
    return left_is && right_is;
}

static bool one_is(const struct binary *binary, bool left_is, bool right_is)
{
    (void)binary;
    return left_is || right_is;
}

static bool left_one_is(const struct binary *binary, bool left_is, bool right_is)
{
    (void)binary;
    (void)right_is;
    return left_is;
}

static bool always(const struct binary *binary, bool left_is, bool right_is)
{
    (void)binary;
    (void)left_is;
    (void)right_is;
    return true;
}

static bool never(const struct binary *binary, bool left_is, bool right_is)
{
    (void)binary;
    (void)left_is;
    (void)right_is;
    return false;
}

static bool is_even_power(const struct binary *binary)
{
    for (size_t i = 0; i < binary->constant_count; i++)
        if (floorf(binary->constant[i] / 2) * 2 != binary->constant[i])
            return false;
    return binary->constant && binary->constant_at == 1;
}

static bool power_is(const struct binary *binary, bool left_is, bool right_is)
{
    (void)right_is;
    return left_is || is_even_power(binary);
}

static bool filled_is(const struct binary *binary, bool left_is, bool right_is)
{
    if (!binary->constant || binary->constant_at == 0)
        return left_is && right_is;
    for (size_t i = 0; i < binary->constant_count; i++)
        if (binary->constant[i] < 0)
            return false;
    return left_is;
}

static const struct binary_operation_row rows[BINARY_OPERATION_COUNT] = {
    [BINARY_ADD] = {"add", sums, both_are},
    [BINARY_SUB] = {"sub", differences, never},
    [BINARY_MUL] = {"mul", products, both_are},
    [BINARY_DIV] = {"div", quotients, both_are},
    [BINARY_MIN] = {"min", minima, both_are},
    [BINARY_MAX] = {"max", maxima, one_is},
    [BINARY_POW] = {"pow", powers, power_is},
    [BINARY_FILL] = {"fill", fills, filled_is},
    [BINARY_PRELU] = {"prelu", slopes, left_one_is},
    [BINARY_KEEP] = {"keep", keeps, left_one_is},
    [BINARY_EQUAL] = {"equal", equal, always},
    [BINARY_UNEQUAL] = {"not equal", unequal, always},
    [BINARY_LESS] = {"less", less, always},
    [BINARY_LESS_OR_EQUAL] = {"less or equal", less_or_equal, always},
};

const struct binary_operation_row *binary_operation_of(enum binary_operation operation)
{
    return &rows[operation];
}

float binary_compute(enum binary_operation operation, float left, float right)
{
    const struct binary_row row = {{&left, &right}, {true, true}, 1};
    float result;

    rows[operation].compute(&row, &result);
    return result;
}
