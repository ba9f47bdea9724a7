#include "coordinator/search/brent.h"

#include <math.h>
#include <stddef.h>

/* Digits and limits are scipy's. */
static const double golden_section = 0.3819660;
static const double shortest_move = 1e-11;
static const int max_iterations = 500;

static void set_interval(struct brent *brent, const struct bracket *bracket)
{
    brent->low = fmin(bracket->a.at, bracket->c.at);
    brent->high = fmax(bracket->a.at, bracket->c.at);
}

void brent_init(struct brent *brent, const struct bracket *bracket)
{
    bool a_is_lower = bracket->a.loss < bracket->c.loss;

    set_interval(brent, bracket);
    brent->x = bracket->b;
    brent->w = a_is_lower ? bracket->a : bracket->c;
    brent->v = a_is_lower ? bracket->c : bracket->a;
    brent->d = brent->high - brent->low;
    brent->e = brent->d;
}

static double middle(const struct brent *brent)
{
    return 0.5 * (brent->low + brent->high);
}

bool brent_is_closed(const struct brent *brent, double tolerance)
{
    return fabs(brent->x.at - middle(brent)) <
           2 * tolerance - 0.5 * (brent->high - brent->low);
}

static void cut_longer_side(struct brent *brent)
{
    bool low_side = brent->x.at >= middle(brent);

    brent->e = (low_side ? brent->low : brent->high) - brent->x.at;
    brent->d = golden_section * brent->e;
}

/* Moves to the stationary point of the parabola through x, w, v; false when that is
 * outside the interval or further than half the move before the last. */
static bool try_parabola(struct brent *brent, double tolerance)
{
    struct trial x = brent->x, w = brent->w, v = brent->v;
    double by_w = (x.at - w.at) * (x.loss - v.loss);
    double by_v = (x.at - v.at) * (x.loss - w.loss);
    double numerator = (x.at - v.at) * by_v - (x.at - w.at) * by_w;
    double denominator = 2 * (by_v - by_w);
    double e_before = brent->e;
    double u;

    if (denominator > 0)
        numerator = -numerator;
    denominator = fabs(denominator);
    brent->e = brent->d;
    if (!(numerator > denominator * (brent->low - x.at) &&
          numerator < denominator * (brent->high - x.at) &&
          fabs(numerator) < fabs(0.5 * denominator * e_before)))
        return false;
    brent->d = numerator / denominator;
    u = x.at + brent->d;
    if (u - brent->low < 2 * tolerance || brent->high - u < 2 * tolerance)
        brent->d = middle(brent) - x.at >= 0 ? tolerance : -tolerance;
    return true;
}

void brent_choose_move(struct brent *brent, double tolerance)
{
    if (fabs(brent->e) <= tolerance || !try_parabola(brent, tolerance))
        cut_longer_side(brent);
}

void brent_take(struct brent *brent, struct trial u)
{
    struct trial x = brent->x;

    if (u.loss > x.loss) {
        *(u.at < x.at ? &brent->low : &brent->high) = u.at;
        if (u.loss <= brent->w.loss || brent->w.at == x.at) {
            brent->v = brent->w;
            brent->w = u;
        } else if (u.loss <= brent->v.loss || brent->v.at == x.at ||
                   brent->v.at == brent->w.at) {
            brent->v = u;
        }
    } else {
        *(u.at >= x.at ? &brent->low : &brent->high) = x.at;
        brent->v = brent->w;
        brent->w = x;
        brent->x = u;
    }
}

static double at_least(double shortest, double move)
{
    if (fabs(move) >= shortest || isnan(move))
        return move;
    return move >= 0 ? shortest : -shortest;
}

int brent_minimise(const struct line *line, const struct bracket *bracket,
                   double tolerance, struct trial *lowest, int *iterations,
                   struct error *err)
{
    struct brent brent = {.x = bracket->b, .w = bracket->b, .v = bracket->b};
    int done;

    set_interval(&brent, bracket);
    for (done = 0; done < max_iterations; done++) {
        double shortest = tolerance * fabs(brent.x.at) + shortest_move;
        struct trial u;
        double at;

        if (brent_is_closed(&brent, shortest))
            break;
        brent_choose_move(&brent, shortest);
        at = brent.x.at + at_least(shortest, brent.d);
        if (line_try(line, NULL, &at, 1, &u, err) < 0)
            return -1;
        brent_take(&brent, u);
    }
    *lowest = brent.x;
    *iterations = done;
    return 0;
}
