#include "core/network/batchnorm.h"

#include "core/base/hash.h"
#include "core/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct batchnorm *batchnorm_create(int channels, float epsilon, const float *mean,
                                   const float *variance)
{
    struct batchnorm *batchnorm = memory_zeroed(1, sizeof *batchnorm);
    size_t bytes = (size_t)channels * sizeof(float);

    batchnorm->channels = channels;
    batchnorm->epsilon = epsilon;
    batchnorm->mean = memory_copy(mean, bytes);
    batchnorm->variance = memory_copy(variance, bytes);
    return batchnorm;
}

void batchnorm_destroy(struct batchnorm *batchnorm)
{
    if (!batchnorm)
        return;
    free(batchnorm->mean);
    free(batchnorm->variance);
    free(batchnorm->bias);
    free(batchnorm->scale);
    free(batchnorm->shift);
    free(batchnorm);
}

double batchnorm_deviation(const struct batchnorm *batchnorm, int channel)
{
    return sqrt((double)batchnorm->variance[channel] + (double)batchnorm->epsilon);
}

/* A layer's scale and shift, [channels] each. */
struct constants {
    float *scale, *shift;
};

static struct constants constants_of(const struct layer *layer)
{
    return layer->kind == LAYER_CONV
               ? (struct constants){layer->conv.scale, layer->conv.shift}
               : (struct constants){layer->affine.scale, layer->affine.shift};
}

static void keep_trained(const struct layer *layer)
{
    struct batchnorm *batchnorm = layer->batchnorm;
    struct constants constants = constants_of(layer);
    size_t bytes = (size_t)batchnorm->channels * sizeof(float);

    if (batchnorm->scale)
        return;
    batchnorm->scale = memory_copy(constants.scale, bytes);
    batchnorm->shift = memory_copy(constants.shift, bytes);
}

static void sign(const struct layer *layer)
{
    struct batchnorm *batchnorm = layer->batchnorm;
    struct constants constants = constants_of(layer);
    size_t bytes = (size_t)batchnorm->channels * sizeof(float);

    if (memcmp(constants.scale, batchnorm->scale, bytes) == 0 &&
        memcmp(constants.shift, batchnorm->shift, bytes) == 0) {
        batchnorm->signature = 0;
        return;
    }
    batchnorm->signature = hash_bytes(constants.scale, bytes, 1);
    batchnorm->signature =
        hash_bytes(constants.shift, bytes, batchnorm->signature) | 1; /* never 0 */
}

/* The layer computes scale * x + shift, where shift holds -scale * mean among other things. The
 * trained statistics give a quotient of exactly 1 and a difference of exactly 0. */
void batchnorm_put(struct layer *layer, const float *mean, const float *variance)
{
    const struct batchnorm *batchnorm = layer->batchnorm;
    struct constants constants = constants_of(layer);

    keep_trained(layer);
    for (int channel = 0; channel < batchnorm->channels; channel++) {
        double deviation = sqrt((double)variance[channel] + (double)batchnorm->epsilon);
        double trained = batchnorm->scale[channel];
        float scale =
            (float)(trained * (batchnorm_deviation(batchnorm, channel) / deviation));
        double moved = trained * (double)batchnorm->mean[channel] -
                       (double)scale * (double)mean[channel];

        assert(isfinite(mean[channel]) && deviation > 0 && isfinite(deviation));
        constants.scale[channel] = scale;
        constants.shift[channel] = (float)(batchnorm->shift[channel] + moved);
    }
    sign(layer);
}

void batchnorm_restore(struct layer *layer)
{
    struct batchnorm *batchnorm = layer->batchnorm;
    struct constants constants = constants_of(layer);
    size_t bytes = (size_t)batchnorm->channels * sizeof(float);

    if (!batchnorm->scale)
        return;
    memcpy(constants.scale, batchnorm->scale, bytes);
    memcpy(constants.shift, batchnorm->shift, bytes);
    free(batchnorm->scale);
    free(batchnorm->shift);
    batchnorm->scale = batchnorm->shift = NULL;
    batchnorm->signature = 0;
}

uint64_t batchnorm_signature(const struct layer *layer)
{
    return layer->batchnorm ? layer->batchnorm->signature : 0;
}
