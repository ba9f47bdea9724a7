#include "coordinator/search/parabola.h"

#include <math.h>

/* The fit goes through polynomials that are orthogonal on the given p:
 *
 *   1,   u = p - mean,   q = u^2 - tilt u - spread
 *
 * Each coefficient is then one quotient of sums, and nothing cancels as in the normal
 * equations of 1, p, p^2. */
struct basis {
    double mean;
    double tilt;   /* sum u^3 / sum u^2 */
    double spread; /* mean of u^2 */
    double u_squares;
    double q_squares;
};

static double basis_q(const struct basis *basis, double u)
{
    return u * u - basis->tilt * u - basis->spread;
}

static struct basis basis_on(const double *p, int count)
{
    struct basis basis = {0};
    double u_cubes = 0;

    for (int i = 0; i < count; i++)
        basis.mean += p[i] / count;
    for (int i = 0; i < count; i++) {
        double u = p[i] - basis.mean;

        basis.u_squares += u * u;
        u_cubes += u * u * u;
    }
    basis.tilt = basis.u_squares > 0 ? u_cubes / basis.u_squares : 0;
    basis.spread = basis.u_squares / count;
    for (int i = 0; i < count; i++) {
        double q = basis_q(&basis, p[i] - basis.mean);

        basis.q_squares += q * q;
    }
    return basis;
}

static int different_values(const double *values, int count)
{
    int different = 0;

    for (int i = 0; i < count; i++) {
        int first = 0;

        while (values[first] != values[i])
            first++;
        different += first == i;
    }
    return different;
}

int parabola_fit(const double *p, const double *losses, int count,
                 struct parabola *parabola, struct error *err)
{
    struct basis basis;
    double mean_loss = 0;
    double along_u = 0;
    double along_q = 0;

    for (int i = 0; i < count; i++)
        if (!isfinite(p[i]) || !isfinite(losses[i]))
            return error_set(err, EXIT_INPUT, "no parabola: the loss at p = %g is %g",
                             p[i], losses[i]);
    if (different_values(p, count) < 3)
        return error_set(err, EXIT_CONFIG,
                         "no parabola: it needs three different p, and there are %d",
                         different_values(p, count));

    basis = basis_on(p, count);
    for (int i = 0; i < count; i++) {
        double u = p[i] - basis.mean;

        mean_loss += losses[i] / count;
        along_u += losses[i] * u / basis.u_squares;
        along_q += losses[i] * basis_q(&basis, u) / basis.q_squares;
    }
    parabola->curvature = along_q;
    parabola->slope = along_u - along_q * (basis.tilt + 2 * basis.mean);
    parabola->constant =
        mean_loss - along_u * basis.mean +
        along_q * (basis.mean * (basis.mean + basis.tilt) - basis.spread);
    return 0;
}

const char *parabola_verdict_name(enum parabola_verdict verdict)
{
    static const char *const names[] = {
        [PARABOLA_MINIMUM] = "has its minimum in range",
        [PARABOLA_CONCAVE] = "opens downwards",
        [PARABOLA_OUT_OF_RANGE] = "has its minimum outside the range of p",
    };

    return names[verdict];
}

enum parabola_verdict parabola_minimum(const struct parabola *parabola, double p_min,
                                       double p_max, double margin, double *vertex)
{
    *vertex = -parabola->slope / (2 * parabola->curvature);
    if (!(parabola->curvature > 0))
        return PARABOLA_CONCAVE;
    if (!(*vertex >= p_min - margin && *vertex <= p_max + margin))
        return PARABOLA_OUT_OF_RANGE;
    return PARABOLA_MINIMUM;
}
