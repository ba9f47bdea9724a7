#include "bench/self_test.h"

#include "bench/kernel_work.h"
#include "core/base/clock.h"
#include "core/base/memory.h"
#include "core/base/random.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is drawn ------------------------------------------------------------------------- */

static int draw(struct random_stream *stream, int least, int most)
{
    return least + (int)(random_bits(stream) % (unsigned long long)(most - least + 1));
}

static float draw_value(struct random_stream *stream, float most)
{
    return most * (float)(2 * random_fraction(stream) - 1);
}

static void draw_bytes(struct random_stream *stream, uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)random_bits(stream);
}

/* ---- layers -------------------------------------------------------------------------------- */

/* A layer that two sets compute. */
struct trial {
    struct kernel_shape shape;
    struct kernel_work_options how;
    char text[128];
};

static void draw_trial(struct random_stream *stream, struct trial *trial)
{
    bool is_depthwise = draw(stream, 0, 3) == 0;
    int window = is_depthwise ? 3 : 1 + 2 * draw(stream, 0, 2);
    int in = draw(stream, 1, 3) == 1 ? 16 * draw(stream, 1, 4) : draw(stream, 1, 70);

    trial->shape = (struct kernel_shape){
        .name = "self-test",
        .samples = draw(stream, 1, 3),
        .size = draw(stream, window, 20),
        .in = in,
        .out = is_depthwise ? in : draw(stream, 1, 70),
        .kernel = window,
        .stride = draw(stream, 1, 4) == 1 ? 2 : 1,
        .is_depthwise = is_depthwise,
        .border = draw(stream, 0, 1),
    };
    trial->how = (struct kernel_work_options){.weight_bits = draw(stream, 2, 8),
                                              .activation_bits = draw(stream, 2, 8),
                                              .is_midrise = draw(stream, 0, 1),
                                              .is_float = draw(stream, 0, 3) == 0};
    snprintf(trial->text, sizeof trial->text,
             "a%s convolution %dx%d, stride %d, of %dx%dx%d to %d channels, W%dA%d%s",
             is_depthwise ? " depthwise" : "", window, window, trial->shape.stride,
             trial->shape.size, trial->shape.size, in, trial->shape.out,
             trial->how.weight_bits, trial->how.activation_bits,
             trial->how.is_float     ? " (in float)"
             : trial->how.is_midrise ? " without a zero level"
                                     : "");
}

/* What a set makes of it: to be freed. */
static float *run_trial(const struct trial *trial, const struct kernel_set *set,
                        size_t *count)
{
    struct kernel_work_options how = trial->how;
    struct kernel_work *work;
    float *values;

    how.kernels = set;
    work = kernel_work_create(&trial->shape, &how);
    kernel_work_run(work);
    *count = kernel_work_count(work);
    values = memory_get(*count * sizeof *values);
    kernel_work_values(work, values);
    kernel_work_destroy(work);
    return values;
}

/* ---- vectors ------------------------------------------------------------------------------- */

enum { VECTOR_MOST = 700 };

struct vectors {
    size_t count;
    uint8_t table[256], left[VECTOR_MOST + INPUT_SLACK],
        right[VECTOR_MOST + INPUT_SLACK];
    int32_t sums[VECTOR_MOST + PANEL];
    struct add_u8 add;
    int32_t bias[VECTOR_MOST + CHANNEL_SLACK];
    float scale[VECTOR_MOST + CHANNEL_SLACK], shift[VECTOR_MOST + CHANNEL_SLACK];
};

static void draw_vectors(struct random_stream *stream, struct vectors *vectors)
{
    vectors->count = (size_t)draw(stream, 1, VECTOR_MOST);
    draw_bytes(stream, vectors->table, sizeof vectors->table);
    draw_bytes(stream, vectors->left, sizeof vectors->left);
    draw_bytes(stream, vectors->right, sizeof vectors->right);
    for (int i = 0; i < VECTOR_MOST + PANEL; i++)
        vectors->sums[i] = draw(stream, -100000, 100000);
    for (int i = 0; i < VECTOR_MOST + CHANNEL_SLACK; i++) {
        vectors->bias[i] = draw(stream, -10000, 10000);
        vectors->scale[i] = draw_value(stream, 2e-3f);
        vectors->shift[i] = draw_value(stream, 100);
    }
    vectors->add = (struct add_u8){.left_scale = draw_value(stream, 1),
                                   .right_scale = draw_value(stream, 1),
                                   .shift = draw_value(stream, 50),
                                   .least = -128,
                                   .most = 127,
                                   .zero_code = 128};
}

static void add_codes(const struct kernel_set *set, const struct vectors *vectors,
                      uint8_t *out)
{
    struct add_u8 add = vectors->add;

    add.left = vectors->left;
    add.right = vectors->right;
    add.count = vectors->count;
    add.out = out;
    set->add_u8(&add);
}

static void look_up_codes(const struct kernel_set *set, const struct vectors *vectors,
                          uint8_t *out)
{
    set->look_up_u8(vectors->table, vectors->left, vectors->count, out);
}

static void finish_sums(const struct kernel_set *set, const struct vectors *vectors,
                        uint8_t *out)
{
    ptrdiff_t count = (ptrdiff_t)vectors->count;
    struct finish_s32 finish = {.sums = vectors->sums,
                                .samples = 1,
                                .rows = 1,
                                .columns = 1,
                                .channels = (int)count,
                                .epilogue = {.bias = vectors->bias,
                                             .scale = vectors->scale,
                                             .shift = vectors->shift,
                                             .low = -128,
                                             .high = 127,
                                             .is_tame = true,
                                             .zero_code = 128,
                                             .out_u8 = out,
                                             .out = {count, count, count}}};

    set->finish_s32(&finish);
}

static const struct vector_kernel {
    const char *name;
    void (*run)(const struct kernel_set *set, const struct vectors *vectors,
                uint8_t *out);
} vector_kernels[] = {
    {"add_u8", add_codes}, {"look_up_u8", look_up_codes}, {"finish_s32", finish_sums}};

/* ---- comparing ----------------------------------------------------------------------------- */

static const struct kernel_set *scalar_of(const struct kernel_set *sets)
{
    while (sets->name && strcmp(sets->name, "scalar") != 0)
        sets++;
    return sets->name ? sets : kernel_set_named("scalar");
}

static void tell(struct self_test *test, const struct kernel_set *set, const char *what)
{
    if (!test->difference[0])
        snprintf(test->difference, sizeof test->difference, "%s: %s", set->name, what);
}

static void compare_layer(struct self_test *test, const struct kernel_set *sets,
                          const struct trial *trial)
{
    const struct kernel_set *scalar = scalar_of(sets);
    size_t count;
    float *expected = run_trial(trial, scalar, &count);

    for (const struct kernel_set *set = sets; set->name; set++) {
        float *found;

        if (set == scalar || !set->runs_here())
            continue;
        found = run_trial(trial, set, &count);
        if (memcmp(found, expected, count * sizeof *found) != 0)
            tell(test, set, trial->text);
        test->comparisons++;
        free(found);
    }
    free(expected);
}

static void compare_vectors(struct self_test *test, const struct kernel_set *sets,
                            const struct vectors *vectors,
                            const struct vector_kernel *kernel)
{
    const struct kernel_set *scalar = scalar_of(sets);
    uint8_t expected[VECTOR_MOST + INPUT_SLACK], found[VECTOR_MOST + INPUT_SLACK];
    char what[64];

    snprintf(what, sizeof what, "%s of %zu codes", kernel->name, vectors->count);
    kernel->run(scalar, vectors, expected);
    for (const struct kernel_set *set = sets; set->name; set++) {
        if (set == scalar || !set->runs_here())
            continue;
        kernel->run(set, vectors, found);
        if (memcmp(found, expected, vectors->count) != 0)
            tell(test, set, what);
        test->comparisons++;
    }
}

static void compare_all(struct self_test *test, const struct kernel_set *sets,
                        struct random_stream *stream, struct vectors *vectors)
{
    struct trial trial;

    draw_trial(stream, &trial);
    compare_layer(test, sets, &trial);
    draw_vectors(stream, vectors);
    for (size_t i = 0; i < sizeof vector_kernels / sizeof *vector_kernels; i++)
        compare_vectors(test, sets, vectors, &vector_kernels[i]);
}

struct self_test self_test_run(const struct kernel_set *sets, double seconds,
                               uint64_t seed)
{
    struct random_stream stream = {seed};
    struct vectors *vectors = memory_get(sizeof *vectors);
    struct self_test test = {0};
    double end = clock_seconds() + seconds;

    for (const struct kernel_set *set = sets; set->name; set++)
        test.sets += set != scalar_of(sets) && set->runs_here();
    do
        compare_all(&test, sets, &stream, vectors);
    while (test.sets > 0 && !test.difference[0] && clock_seconds() < end);
    free(vectors);
    return test;
}
