#include "tests/support/scores.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct score score_costing(double sum, int64_t samples)
{
    struct score score = {.samples = samples, .predictions = samples};
    char text[SCORE_TEXT_MOST];

    snprintf(text, sizeof text, "0x%" PRIx64 "p-32", (uint64_t)ldexp(sum, 32));
    assert_true(score_read_loss(&score, text));
    return score;
}
