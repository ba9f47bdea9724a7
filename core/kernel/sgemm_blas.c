#include "core/kernel/sgemm.h"

#include <cblas.h>

void sgemm(int rows, int columns, int depth, const float *a, int a_stride,
           const float *b, int b_stride, float *c, int c_stride)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, depth, 1.0f, a,
                a_stride, b, b_stride, 0.0f, c, c_stride);
}

void sgemm_init(void)
{
    openblas_set_num_threads(1);
}

const char *sgemm_name(void)
{
    return openblas_get_config();
}
