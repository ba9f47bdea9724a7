#include "core/kernel/kernel.h"

#include "core/kernel/kernel_variants.h"

#include <string.h>

static bool always(void)
{
    return true;
}

#ifdef __x86_64__
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512vnni(void)
{
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}
#endif

const struct kernel_set kernel_sets[] = {
#ifdef __x86_64__
    {.name = "avx512vnni",
     .runs_here = has_avx512vnni,
     .conv_u8s8 = conv_u8s8_avx512vnni,
     .depthwise_u8s8 = depthwise_u8s8_avx512vnni},
    {.name = "avx2",
     .runs_here = has_avx2,
     .conv_u8s8 = conv_u8s8_avx2,
     .depthwise_u8s8 = depthwise_u8s8_avx2},
#endif
    {.name = "scalar",
     .runs_here = always,
     .conv_u8s8 = conv_u8s8_scalar,
     .depthwise_u8s8 = depthwise_u8s8_scalar},
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

static size_t panels(int channels)
{
    return ((size_t)channels + PANEL - 1) / PANEL;
}

size_t conv_u8s8_packed_bytes(int channels, int runs, int run_bytes)
{
    return panels(channels) * PANEL * (size_t)runs * (size_t)run_bytes;
}

void conv_u8s8_pack(const int8_t *codes, int channels, int runs, int run_length,
                    int run_bytes, int8_t *packed)
{
    size_t panel_bytes = (size_t)PANEL * (size_t)runs * (size_t)run_bytes;

    memset(packed, 0, conv_u8s8_packed_bytes(channels, runs, run_bytes));
    for (int channel = 0; channel < channels; channel++) {
        int8_t *panel = packed + (size_t)(channel / PANEL) * panel_bytes;
        int lane = channel % PANEL;

        for (int run = 0; run < runs; run++)
            for (int byte = 0; byte < run_length; byte++) {
                size_t k = (size_t)run * (size_t)run_bytes + (size_t)byte;

                panel[(k / QUAD * PANEL + (size_t)lane) * QUAD + k % QUAD] = *codes++;
            }
    }
}
