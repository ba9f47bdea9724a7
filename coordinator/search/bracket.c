#include "coordinator/search/bracket.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Digits and limits are scipy's. */
static const double golden_ratio = 1.618034;
static const double longest_stride = 110; /* strides before */
static const int max_strides = 1000;

void bracket_shift(struct bracket *t, struct trial next)
{
    t->a = t->b;
    t->b = t->c;
    t->c = next;
}

double bracket_stationary_point(const struct bracket *t, double unit)
{
    const double tiny = 1e-21 * unit;
    double from_c = (t->b.at - t->a.at) * (t->b.loss - t->c.loss);
    double from_a = (t->b.at - t->c.at) * (t->b.loss - t->a.loss);
    double difference = from_a - from_c;
    double denominator = fabs(difference) < tiny ? 2 * tiny : 2 * difference;

    return t->b.at -
           ((t->b.at - t->c.at) * from_a - (t->b.at - t->a.at) * from_c) / denominator;
}

static double golden_stride(const struct bracket *t)
{
    return t->c.at + golden_ratio * (t->c.at - t->b.at);
}

/* Takes one more stride downhill, from a over b beyond c, and says whether that closed
 * the bracket. The parabola's proposal w is taken when it lies before the limit. */
static int stride_downhill(const struct line *line, struct bracket *t, bool *closed,
                           struct error *err)
{
    double limit = t->b.at + longest_stride * (t->c.at - t->b.at);
    double at = bracket_stationary_point(t, line->objective->unit);
    bool between_b_and_c = (at - t->c.at) * (t->b.at - at) > 0;
    bool beyond_limit = (at - limit) * (limit - t->c.at) >= 0;
    bool between_c_and_limit = (at - limit) * (t->c.at - at) > 0;
    struct trial w;

    if (between_b_and_c) {
        if (line_try(line, NULL, &at, 1, &w, err) < 0)
            return -1;
        *closed = w.loss < t->c.loss || w.loss > t->b.loss;
        if (*closed) {
            *t = w.loss < t->c.loss ? (struct bracket){t->b, w, t->c}
                                    : (struct bracket){t->a, t->b, w};
            return 0;
        }
        at = golden_stride(t);
    } else if (beyond_limit) {
        at = limit;
    } else if (between_c_and_limit) {
        if (line_try(line, NULL, &at, 1, &w, err) < 0)
            return -1;
        if (!(w.loss < t->c.loss)) {
            bracket_shift(t, w);
            return 0;
        }
        t->b = t->c;
        t->c = w;
        at = golden_stride(t);
    } else {
        at = golden_stride(t);
    }
    if (line_try(line, NULL, &at, 1, &w, err) < 0)
        return -1;
    bracket_shift(t, w);
    return 0;
}

static void swap(struct trial *a, struct trial *b)
{
    struct trial kept = *a;

    *a = *b;
    *b = kept;
}

int bracket_find(const struct line *line, struct bracket *bracket, struct error *err)
{
    struct bracket t = {0};
    const double start = 0;
    const double first = 1;
    double second;
    bool closed = false;

    if (line_try(line, NULL, &start, 1, &t.a, err) < 0 ||
        line_try(line, NULL, &first, 1, &t.b, err) < 0)
        return -1;
    if (t.a.loss < t.b.loss)
        swap(&t.a, &t.b);
    second = t.b.at + golden_ratio * (t.b.at - t.a.at);
    if (line_try(line, NULL, &second, 1, &t.c, err) < 0)
        return -1;
    for (int strides = 0; strides < max_strides; strides++) {
        if (closed || !(t.c.loss < t.b.loss))
            break;
        if (stride_downhill(line, &t, &closed, err) < 0)
            return -1;
    }
    *bracket = t;
    return 0;
}
