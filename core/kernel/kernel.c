#include "core/kernel/kernel.h"

#include "core/kernel/kernel_variants.h"
#include "core/kernel/transpose.h"
#include "core/kernel/window_sums.h"
#include "core/kernel/winograd.h"

#include <limits.h>
#include <string.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/* Not every compiler knows this one by name: leaf 7, subleaf 1, bit 4 of EAX. */
static bool has_avxvnni(void)
{
    unsigned eax = 0, ebx, ecx, edx;

    return has_avx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) &&
           eax >> 4 & 1;
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq");
}

static bool has_avx512vnni(void)
{
    return has_avx512() && __builtin_cpu_supports("avx512vnni");
}
#endif

enum { NEVER_WIDE = INT_MAX };

#ifdef __x86_64__
static const struct winograd_kernel avx512vnni_winograd[] = {
    {&winograd_four_bytes, false, winograd_u8s8_avx512vnni}, {NULL, false, NULL}};
static const struct winograd_kernel avxvnni_winograd[] = {
    {&winograd_four_bytes, true, winograd_u8s8_avxvnni}, {NULL, false, NULL}};
static const struct winograd_kernel avx512_winograd[] = {
    {&winograd_four_words, true, winograd_u8s8_avx512}, {NULL, false, NULL}};
static const struct winograd_kernel avx2_winograd[] = {
    {&winograd_two_bytes, true, winograd_two_u8s8_avx2},
    {&winograd_four_words, true, winograd_four_u8s8_avx2},
    {&winograd_two_words, true, winograd_two_words_u8s8_avx2},
    {NULL, false, NULL}};
#endif

const struct kernel_set kernel_sets[] = {
#ifdef __x86_64__
    {.name = "avx512vnni",
     .runs_here = has_avx512vnni,
     .wide_above = NEVER_WIDE,
     .peak_u8s8 = peak_u8s8_avx512vnni,
     .peak_f32 = peak_f32_avx512,
     .conv_f32 = conv_f32_avx512,
     .depthwise_f32 = depthwise_f32_avx512,
     .conv_u8s8 = conv_u8s8_avx512vnni,
     .winograd = avx512vnni_winograd,
     .depthwise_u8s8 = depthwise_u8s8_avx512vnni,
     .finish_s32 = finish_s32_avx512,
     .window_sums_u8 = window_sums_u8_avx512,
     .add_u8 = add_u8_avx512,
     .look_up_u8 = look_up_u8_avx512},
    {.name = "avxvnni",
     .runs_here = has_avxvnni,
     .wide_above = NEVER_WIDE,
     .peak_u8s8 = peak_u8s8_avxvnni,
     .peak_f32 = peak_f32_avx2,
     .conv_f32 = conv_f32_avx2,
     .depthwise_f32 = depthwise_f32_avx2,
     .conv_u8s8 = conv_u8s8_avxvnni,
     .winograd = avxvnni_winograd,
     .depthwise_u8s8 = depthwise_u8s8_avx2,
     .finish_s32 = finish_s32_avx2,
     .window_sums_u8 = window_sums_u8_avx2,
     .add_u8 = add_u8_avx2,
     .look_up_u8 = look_up_u8_avx2},
    {.name = "avx512",
     .runs_here = has_avx512,
     .wide_above = SMALL_PRODUCT_MOST,
     .peak_u8s8 = peak_u8s8_avx512,
     .peak_f32 = peak_f32_avx512,
     .conv_f32 = conv_f32_avx512,
     .depthwise_f32 = depthwise_f32_avx512,
     .conv_u8s8 = conv_u8s8_avx512,
     .winograd = avx512_winograd,
     .depthwise_u8s8 = depthwise_u8s8_avx512,
     .finish_s32 = finish_s32_avx512,
     .window_sums_u8 = window_sums_u8_avx512,
     .add_u8 = add_u8_avx512,
     .look_up_u8 = look_up_u8_avx512},
    {.name = "avx2",
     .runs_here = has_avx2,
     .wide_above = SMALL_PRODUCT_MOST,
     .peak_u8s8 = peak_u8s8_avx2,
     .peak_f32 = peak_f32_avx2,
     .conv_f32 = conv_f32_avx2,
     .depthwise_f32 = depthwise_f32_avx2,
     .conv_u8s8 = conv_u8s8_avx2,
     .winograd = avx2_winograd,
     .depthwise_u8s8 = depthwise_u8s8_avx2,
     .finish_s32 = finish_s32_avx2,
     .window_sums_u8 = window_sums_u8_avx2,
     .add_u8 = add_u8_avx2,
     .look_up_u8 = look_up_u8_avx2},
#endif
    {.name = "scalar",
     .runs_here = always,
     .wide_above = NEVER_WIDE,
     .conv_f32 = conv_f32_scalar,
     .depthwise_f32 = depthwise_f32_scalar,
     .conv_u8s8 = conv_u8s8_scalar,
     .depthwise_u8s8 = depthwise_u8s8_scalar,
     .finish_s32 = finish_s32_scalar,
     .window_sums_u8 = window_sums_u8_scalar,
     .add_u8 = add_u8_scalar,
     .look_up_u8 = look_up_u8_scalar},
    {.name = NULL},
};

const struct kernel_set *kernel_set_best(void)
{
    const struct kernel_set *set = kernel_sets;

    while (!set->runs_here())
        set++;
    return set;
}

const struct kernel_set *kernel_set_named(const char *name)
{
    if (strcmp(name, "auto") == 0)
        return kernel_set_best();
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        if (strcmp(set->name, name) == 0)
            return set->runs_here() ? set : NULL;
    return NULL;
}

/* Pointers of NULL stay. */
void epilogue_move(struct epilogue *epilogue, ptrdiff_t sums, ptrdiff_t residual,
                   ptrdiff_t out)
{
    if (epilogue->window_sums)
        epilogue->window_sums += sums;
    if (epilogue->residual_f32)
        epilogue->residual_f32 += residual;
    if (epilogue->residual_u8)
        epilogue->residual_u8 += residual;
    if (epilogue->out_s32)
        epilogue->out_s32 += out;
    if (epilogue->out_f32)
        epilogue->out_f32 += out;
    if (epilogue->out_u8)
        epilogue->out_u8 += out;
}

/* ---- packing ------------------------------------------------------------------------------ */

static size_t panel_weights(int runs, int run_bytes)
{
    return (size_t)PANEL * (size_t)runs * (size_t)run_bytes;
}

static bool is_wide(const struct kernel_set *set, struct conv_most most)
{
    return most.weight * most.input > set->wide_above;
}

size_t conv_u8s8_packed_bytes(const struct kernel_set *set, struct conv_most most,
                              int channels, int runs, int run_bytes)
{
    return ((size_t)channels + PANEL - 1) / PANEL * panel_weights(runs, run_bytes) *
           (is_wide(set, most) ? sizeof(int16_t) : sizeof(int8_t));
}

/* Weight k of a channel of a panel. */
static size_t place_in_panel(size_t lane, size_t k)
{
    return (k / QUAD * PANEL + lane) * QUAD + k % QUAD;
}

static void pack_any(bool wide, const int8_t *codes, int channels, int runs,
                     int run_length, int run_bytes, void *packed)
{
    int16_t *words = packed;
    int8_t *bytes = packed;

    for (int channel = 0; channel < channels; channel++) {
        size_t panel = (size_t)(channel / PANEL) * panel_weights(runs, run_bytes);
        size_t lane = (size_t)(channel % PANEL);

        for (int run = 0; run < runs; run++)
            for (int byte = 0; byte < run_length; byte++) {
                size_t k = (size_t)run * (size_t)run_bytes + (size_t)byte;
                size_t at = panel + place_in_panel(lane, k);

                if (wide)
                    words[at] = *codes++;
                else
                    bytes[at] = *codes++;
            }
    }
}

/* Quads move as they are: those of a panel's channels are turned. */
static void pack_quads(const int8_t *codes, int channels, size_t channel_bytes,
                       int8_t *packed)
{
    for (int channel = 0; channel < channels; channel += PANEL) {
        int lanes = channels - channel < PANEL ? channels - channel : PANEL;
        const struct transpose of = {.rows = (size_t)lanes,
                                     .columns = channel_bytes / QUAD,
                                     .from_row = (ptrdiff_t)(channel_bytes / QUAD),
                                     .to_row = PANEL};

        transpose_words(&of, codes, packed);
        codes += PANEL * channel_bytes;
        packed += PANEL * channel_bytes;
    }
}

void conv_u8s8_pack(const struct kernel_set *set, struct conv_most most,
                    const int8_t *codes, int channels, int runs, int run_length,
                    int run_bytes, void *packed)
{
    bool wide = is_wide(set, most);

    memset(packed, 0, conv_u8s8_packed_bytes(set, most, channels, runs, run_bytes));
    if (wide || run_length != run_bytes)
        pack_any(wide, codes, channels, runs, run_length, run_bytes, packed);
    else
        pack_quads(codes, channels, (size_t)runs * (size_t)run_bytes, packed);
}

size_t window_sums_scratch(const struct window_sums_u8 *window_sums)
{
    struct input_region region = input_region_of(window_sums);

    return (size_t)region.rows * (size_t)region.columns;
}
