#include "tests/support/exact_elementwise.h"

#include <math.h>

static long double hard_sigmoid(float alpha, float beta, long double x)
{
    float product = alpha * (float)x, line = product + beta;

    return fminf(fmaxf(line, 0), 1);
}

static long double logistic(long double x)
{
    return 1 / (1 + expl(-x));
}

/* ONNX's Gelu with approximate = "tanh". */
static long double gelu_tanh(long double x)
{
    long double root = sqrtl(2 / acosl(-1));

    return x * logistic(2 * root * (x + 0.044715L * x * x * x));
}

static long double elu(long double alpha, long double x)
{
    return x < 0 ? alpha * expm1l(x) : x;
}

long double exact_unary(const struct unary *of, long double x)
{
    const long double alpha = of->alpha, beta = of->beta;

    switch (of->operation) {
    case UNARY_SIGMOID:
        return logistic(x);
    case UNARY_HARD_SIGMOID:
        return hard_sigmoid(of->alpha, of->beta, x);
    case UNARY_HARD_SWISH:
        return x * fminl(fmaxl((x + 3) / 6, 0), 1);
    case UNARY_LEAKY_RELU:
        return x < 0 ? alpha * x : x;
    case UNARY_ELU:
        return elu(alpha, x);
    case UNARY_CELU:
        return fmaxl(0, x) + fminl(0, alpha * expm1l(x / alpha));
    case UNARY_SELU:
        return beta * elu(alpha, x);
    case UNARY_THRESHOLDED_RELU:
        return x > alpha ? x : 0;
    case UNARY_TANH:
        return tanhl(x);
    case UNARY_SOFTPLUS:
        return log1pl(expl(x));
    case UNARY_SOFTSIGN:
        return x / (1 + fabsl(x));
    case UNARY_MISH:
        return x * tanhl(log1pl(expl(x)));
    case UNARY_SWISH:
        return x * logistic(alpha * x);
    case UNARY_GELU:
        return x / 2 * erfcl(-x / sqrtl(2));
    case UNARY_GELU_TANH:
        return gelu_tanh(x);
    case UNARY_SQRT:
        return sqrtl(x);
    case UNARY_EXP:
        return expl(x);
    case UNARY_LOG:
        return logl(x);
    case UNARY_NEG:
        return -x;
    case UNARY_ABS:
        return fabsl(x);
    case UNARY_RECIPROCAL:
        return 1 / x;
    case UNARY_ERF:
        return erfl(x);
    case UNARY_SIN:
        return sinl(x);
    case UNARY_COS:
        return cosl(x);
    case UNARY_CEIL:
        return ceill(x);
    case UNARY_FLOOR:
        return floorl(x);
    case UNARY_ROUND:
        return rintl(x);
    case UNARY_SIGN:
        return x > 0 ? 1 : x < 0 ? -1 : x;
    case UNARY_OPERATION_COUNT:
        break;
    }
    return NAN;
}

long double exact_binary(enum binary_operation operation, long double left,
                         long double right)
{
    switch (operation) {
    case BINARY_ADD:
        return left + right;
    case BINARY_SUB:
        return left - right;
    case BINARY_MUL:
        return left * right;
    case BINARY_DIV:
        return left / right;
    case BINARY_MIN:
        return fminl(left, right);
    case BINARY_MAX:
        return fmaxl(left, right);
    case BINARY_POW:
        return powl(left, right);
    case BINARY_PRELU:
        return left < 0 ? left * right : left;
    case BINARY_FILL:
        return isnan(right) ? left : right;
    case BINARY_KEEP:
        return right != 0 ? left : (long double)NAN;
    case BINARY_EQUAL:
        return left == right;
    case BINARY_UNEQUAL:
        return left != right;
    case BINARY_LESS:
        return left < right;
    case BINARY_LESS_OR_EQUAL:
        return left <= right;
    case BINARY_OPERATION_COUNT:
        break;
    }
    return NAN;
}
