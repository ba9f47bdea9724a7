#include "core/network/batchnorm_statistics.h"

#include "core/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct batchnorm_statistics
batchnorm_statistics_copy(const struct batchnorm_statistics *from)
{
    return (struct batchnorm_statistics){
        .values = memory_copy(from->values, from->count * sizeof *from->values),
        .count = from->count,
    };
}

void batchnorm_statistics_clear(struct batchnorm_statistics *statistics)
{
    free(statistics->values);
    *statistics = (struct batchnorm_statistics){0};
}

bool batchnorm_statistics_are_same(const struct batchnorm_statistics *left,
                                   const struct batchnorm_statistics *right)
{
    return left->count == right->count &&
           (left->count == 0 || memcmp(left->values, right->values,
                                       left->count * sizeof *left->values) == 0);
}
