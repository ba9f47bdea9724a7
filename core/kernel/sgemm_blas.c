#include "core/kernel/sgemm.h"

#include <cblas.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

void sgemm(int rows, int columns, int depth, const float *a, int a_stride,
           const float *b, int b_stride, float *c, int c_stride)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, depth, 1.0f,
                a, a_stride, b, b_stride, 0.0f, c, c_stride);
}

static const char *const core_type = "OPENBLAS_CORETYPE";

/* The library's kernels with AVX-512. */
static const char *const wide_cores[] = {"SkylakeX", "Cooperlake", "SapphireRapids",
                                         "Zen4", "Zen5"};

static bool uses_avx512(const char *core)
{
    for (size_t i = 0; i < sizeof wide_cores / sizeof *wide_cores; i++)
        if (strcasecmp(core, wide_cores[i]) == 0)
            return true;
    return false;
}

static bool cpu_has_avx512(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

void sgemm_init(char **arguments)
{
    openblas_set_num_threads(1);
    if (getenv(core_type) || !cpu_has_avx512() || uses_avx512(openblas_get_corename()))
        return;
    setenv(core_type, wide_cores[0], 1);
    execv("/proc/self/exe", arguments);
    unsetenv(core_type); /* slower, but right: where /proc is missing the run goes on */
}

const char *sgemm_name(void)
{
    return openblas_get_config();
}
