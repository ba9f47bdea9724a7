#include "core/layer/code_moves.h"

#include "core/base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CANARY = 0xa5 };

/* What an output element is: the index of an element of the input without border, or -1
 * where it is filled. */
typedef int (*source_fn)(const struct plane *from, const struct plane *to, int y, int x,
                         int channel);

static int element(const struct plane *plane, int y, int x, int channel)
{
    return (y * plane->width + x) * plane->channels + channel;
}

static int the_same(const struct plane *from, const struct plane *to, int y, int x,
                    int channel)
{
    (void)to;
    return element(from, y, x, channel);
}

/* The shortcut of CIFAR ResNets: every second pixel, the new channels on both sides
 * zero. */
static int shortcut(const struct plane *from, const struct plane *to, int y, int x,
                    int channel)
{
    int source = channel - (to->channels - from->channels) / 2;

    return source < 0 || source >= from->channels ? -1
                                                  : element(from, 2 * y, 2 * x, source);
}

static int mirrored(const struct plane *from, const struct plane *to, int y, int x,
                    int channel)
{
    (void)to;
    return element(from, y, from->width - 1 - x, channel);
}

static int flipped(const struct plane *from, const struct plane *to, int y, int x,
                   int channel)
{
    (void)to;
    return element(from, from->height - 1 - y, x, channel);
}

/* In ONNX's order: channels are the slowest. */
static int flat(const struct plane *from, const struct plane *to, int y, int x,
                int channel)
{
    int pixels = from->height * from->width, pixel = channel % pixels;

    (void)to, (void)y, (void)x;
    return element(from, pixel / from->width, pixel % from->width, channel / pixels);
}

/* One pixel of zeros around the input. */
static int padded(const struct plane *from, const struct plane *to, int y, int x,
                  int channel)
{
    (void)to;
    return y < 1 || y > from->height || x < 1 || x > from->width
               ? -1
               : element(from, y - 1, x - 1, channel);
}

static int one_everywhere(const struct plane *from, const struct plane *to, int y,
                          int x, int channel)
{
    (void)to, (void)y, (void)x, (void)channel;
    return element(from, 0, 1, 0);
}

static int nothing(const struct plane *from, const struct plane *to, int y, int x,
                   int channel)
{
    (void)from, (void)to, (void)y, (void)x, (void)channel;
    return -1;
}

static const struct move_case {
    const char *name;
    source_fn source;
    struct plane from, to;
    int moves;
} cases[] = {
    {"all in one", the_same, {4, 5, 3, 0, 0, 0, 0, 0}, {4, 5, 3, 0, 0, 0, 0, 0}, 1},
    {"all, other rows",
     the_same,
     {4, 5, 3, 1, 0, 2, 0, 0},
     {4, 5, 3, 3, 0, 0, 0, 0},
     1},
    {"a border comes", the_same, {4, 5, 3, 0, 0, 0, 0, 0}, {4, 5, 3, 1, 1, 1, 1, 0}, 4},
    {"a border goes", the_same, {4, 5, 3, 1, 1, 1, 1, 0}, {4, 5, 3, 0, 0, 0, 0, 0}, 4},
    {"another border", the_same, {4, 5, 3, 1, 2, 3, 4, 0}, {4, 5, 3, 0, 1, 0, 0, 0}, 4},
    {"borders stay", the_same, {4, 5, 3, 1, 1, 1, 1, 0}, {4, 5, 3, 1, 1, 1, 1, 0}, 4},
    {"rows of 64", the_same, {2, 4, 16, 1, 1, 1, 1, 0}, {2, 4, 16, 0, 0, 0, 0, 0}, 2},
    {"rows of 80", the_same, {2, 5, 16, 1, 1, 1, 1, 0}, {2, 5, 16, 0, 0, 0, 0, 0}, 2},
    {"rows of 130",
     the_same,
     {2, 1, 130, 0, 1, 0, 0, 0},
     {2, 1, 130, 0, 0, 0, 0, 0},
     2},
    {"shortcut", shortcut, {8, 8, 16, 0, 0, 0, 0, 0}, {4, 4, 32, 0, 0, 0, 0, 0}, 16},
    {"shortcut, border",
     shortcut,
     {8, 8, 16, 1, 1, 1, 1, 0},
     {4, 4, 32, 1, 1, 1, 1, 0},
     16},
    {"shortcut, odd", shortcut, {5, 7, 3, 0, 1, 2, 0, 0}, {3, 4, 8, 2, 0, 0, 1, 0}, 12},
    {"shortcut, 32", shortcut, {4, 4, 32, 1, 1, 1, 1, 0}, {2, 2, 64, 0, 0, 0, 0, 0}, 4},
    {"mirrored", mirrored, {4, 5, 3, 1, 1, 1, 1, 0}, {4, 5, 3, 0, 0, 2, 2, 0}, 20},
    {"mirrored, 1 wide",
     mirrored,
     {4, 1, 3, 0, 0, 0, 0, 0},
     {4, 1, 3, 0, 0, 0, 0, 0},
     1},
    {"flipped", flipped, {4, 5, 3, 0, 0, 0, 0, 0}, {4, 5, 3, 1, 2, 1, 2, 0}, 4},
    {"flat", flat, {3, 4, 5, 1, 1, 1, 1, 0}, {1, 1, 60, 0, 0, 0, 0, 0}, 60},
    {"flat, border", flat, {3, 4, 2, 0, 0, 0, 0, 0}, {1, 1, 24, 1, 0, 1, 1, 0}, 24},
    {"flat, 1 channel", flat, {3, 4, 1, 0, 0, 0, 0, 0}, {1, 1, 12, 0, 0, 0, 0, 0}, 1},
    {"flat, 3 rows", flat, {3, 4, 1, 1, 1, 1, 1, 0}, {1, 1, 12, 0, 0, 0, 0, 0}, 3},
    {"flat, 1 pixel", flat, {1, 1, 33, 2, 2, 2, 2, 0}, {1, 1, 33, 0, 0, 0, 0, 0}, 1},
    {"padded", padded, {3, 4, 2, 0, 0, 0, 0, 0}, {5, 6, 2, 0, 0, 0, 0, 0}, 3},
    {"padded, border", padded, {3, 4, 2, 1, 1, 0, 0, 0}, {5, 6, 2, 0, 0, 1, 1, 0}, 3},
    {"one everywhere",
     one_everywhere,
     {2, 2, 2, 1, 1, 1, 1, 0},
     {2, 3, 1, 0, 0, 0, 0, 0},
     6},
    {"nothing moves", nothing, {2, 2, 2, 0, 0, 0, 0, 0}, {2, 3, 4, 1, 1, 1, 1, 0}, 0},
};

enum { CASES = sizeof cases / sizeof *cases };

static struct rearrange make_rearrange(const struct move_case *move)
{
    const struct plane *to = &move->to;
    struct rearrange rearrange = {
        .from = memory_get(plane_inner_count(to) * sizeof *rearrange.from)};
    int32_t *from = rearrange.from;

    for (int y = 0; y < to->height; y++)
        for (int x = 0; x < to->width; x++)
            for (int channel = 0; channel < to->channels; channel++)
                *from++ = move->source(&move->from, to, y, x, channel);
    return rearrange;
}

static struct code_moves make_moves(const struct move_case *move)
{
    struct rearrange rearrange = make_rearrange(move);
    struct code_moves moves;

    code_moves_init(&moves, &rearrange, &move->from, &move->to);
    free(rearrange.from);
    return moves;
}

static void runs_that_stay_together_are_one_move(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct code_moves moves = make_moves(&cases[i]);

        if (moves.count != cases[i].moves)
            fail_msg("%s: %d moves", cases[i].name, moves.count);
        code_moves_clear(&moves);
        assert_null(moves.list);
    }
}

static int elements_from_the_input(const struct move_case *move)
{
    struct rearrange rearrange = make_rearrange(move);
    int count = 0;

    for (size_t at = 0; at < plane_inner_count(&move->to); at++)
        count += rearrange.from[at] >= 0;
    free(rearrange.from);
    return count;
}

static void what_is_not_moved_is_filled(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct code_moves moves = make_moves(&cases[i]);
        int moved = 0;

        for (int index = 0; index < moves.count; index++)
            moved += moves.list[index].count;
        assert_int_equal(moved, elements_from_the_input(&cases[i]));
        assert_int_equal(moves.fills, moved < (int)plane_inner_count(&cases[i].to));
        code_moves_clear(&moves);
    }
}

/* A value in exactly the bytes that it needs, full of canaries. */
static struct value make_value(const struct plane *plane, int samples)
{
    size_t bytes = value_code_bytes(plane, samples);
    struct value value = {.data = memory_get(bytes), .plane = plane};

    memset(value.data, CANARY, bytes);
    return value;
}

static void fill_with_codes(struct value *value, int samples,
                            const struct quantizer *quantizer)
{
    size_t count = (size_t)samples * plane_inner_count(value->plane);
    float *floats = memory_get(count * sizeof *floats);

    for (size_t i = 0; i < count; i++)
        floats[i] = 9 * sinf((float)i * 1.37f);
    value_from_floats(floats, samples, quantizer, value);
    free(floats);
}

static float *floats_of(const struct value *value, int samples)
{
    float *floats =
        memory_get((size_t)samples * plane_inner_count(value->plane) * sizeof *floats);

    value_to_floats(value, samples, floats);
    return floats;
}

/* The output's floats are the input's, rearranged one by one. */
static void check_floats(const struct move_case *move, const struct value *from,
                         const struct value *to, int samples)
{
    struct rearrange rearrange = make_rearrange(move);
    float *before = floats_of(from, samples), *after = floats_of(to, samples);
    size_t from_count = plane_inner_count(&move->from);
    size_t to_count = plane_inner_count(&move->to);

    for (size_t sample = 0; sample < (size_t)samples; sample++)
        for (size_t at = 0; at < to_count; at++) {
            int source = rearrange.from[at];
            float expected =
                source < 0 ? 0 : before[sample * from_count + (size_t)source];

            if (after[sample * to_count + at] != expected)
                fail_msg("%s: sample %zu, element %zu", move->name, sample, at);
        }
    free(after);
    free(before);
    free(rearrange.from);
}

static bool is_border(const struct plane *plane, int at)
{
    int pixel = at % (int)plane_count(plane) / plane->channels;
    int width = plane->left + plane->width + plane->right;
    int y = pixel / width - plane->top, x = pixel % width - plane->left;

    return y < 0 || y >= plane->height || x < 0 || x >= plane->width;
}

static void check_border_and_slack(const struct move_case *move, const struct value *to,
                                   int samples)
{
    const uint8_t *codes = to->data;
    int count = samples * (int)plane_count(to->plane);

    for (int at = 0; at < count; at++)
        if (is_border(to->plane, at) && codes[at] != to->zero_code)
            fail_msg("%s: the border at %d is %d", move->name, at, codes[at]);
    for (int at = 0; at < INPUT_SLACK; at++)
        assert_int_equal(codes[count + at], CANARY);
}

static void check_run(const struct move_case *move, int samples,
                      const struct quantizer *quantizer)
{
    struct code_moves moves = make_moves(move);
    struct value from = make_value(&move->from, samples);
    struct value to = make_value(&move->to, samples);

    fill_with_codes(&from, samples, quantizer);
    value_become_codes_like(&to, samples, &from);
    code_moves_run(&moves, &from, samples, &to);
    assert_true(to.step == from.step);
    check_floats(move, &from, &to, samples);
    check_border_and_slack(move, &to, samples);
    free(from.data);
    free(to.data);
    code_moves_clear(&moves);
}

static const struct quantizer quantizers[] = {
    {GRID_UNSIGNED, 8, 0.03f, 0}, /* the code of zero is 0 */
    {GRID_MIDTREAD, 4, 0.7f, 0},  /* 8 */
    {GRID_MIDTREAD, 8, 0.06f, 0}, /* 128 */
    {GRID_ASYMMETRIC, 8, 0.04f, 77},
};

static void codes_are_rearranged_as_floats_are(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++)
        for (size_t j = 0; j < sizeof quantizers / sizeof *quantizers; j++)
            for (int samples = 1; samples <= 3; samples++)
                check_run(&cases[i], samples, &quantizers[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_that_stay_together_are_one_move),
        cmocka_unit_test(what_is_not_moved_is_filled),
        cmocka_unit_test(codes_are_rearranged_as_floats_are),
    };

    return cmocka_run_group_tests_name("code moves", tests, NULL, NULL);
}
