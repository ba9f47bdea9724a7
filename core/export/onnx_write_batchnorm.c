/* Batch norms with other statistics than the trained ones. */
#include "core/export/onnx_write_parts.h"

#include "core/base/memory.h"
#include "core/network/batchnorm.h"

#include <math.h>
#include <stdlib.h>

/* The constants of one channel, as the file has them. */
struct channel {
    float gamma, beta, mean, variance;
};

/* What a layer computes of them, see onnx_read_batchnorm() and network_fuse(). */
static double factor_of(const struct channel *channel, float epsilon)
{
    return (double)channel->gamma / sqrt((double)channel->variance + (double)epsilon);
}

static float shift_of(const struct channel *channel, float epsilon, float bias)
{
    double factor = factor_of(channel, epsilon);
    float shift = (float)((double)channel->beta - (double)channel->mean * factor);

    return (float)((double)bias * (double)(float)factor + (double)shift);
}

/* `value`, moved by so many floats. */
static float moved(float value, int floats)
{
    for (; floats > 0; floats--)
        value = nextafterf(value, INFINITY);
    for (; floats < 0; floats++)
        value = nextafterf(value, -INFINITY);
    return value;
}

/* The variance for which its sum with epsilon is moved by so many floats: its own last digits may
 * not count in that. Not below zero. */
static float variance_moved(float variance, float epsilon, int floats)
{
    float sum = moved(variance + epsilon, floats);

    return floats == 0 ? variance : fmaxf((float)((double)sum - (double)epsilon), 0);
}

/* A gamma that gives exactly `scale`, for which the variance may move by its last digits; false: there is none. */
static bool gamma_fits(struct channel *channel, float epsilon, float scale)
{
    enum { FLOATS = 16 };
    float variance = channel->variance;

    for (int by = 0; by <= 2 * FLOATS; by++) {
        channel->variance =
            variance_moved(variance, epsilon, by % 2 ? (by + 1) / 2 : -by / 2);
        channel->gamma =
            (float)((double)scale * sqrt((double)channel->variance + (double)epsilon));
        for (int i = 0; i < 3; i++) {
            struct channel tried = *channel;

            tried.gamma = moved(channel->gamma, i == 2 ? -1 : i);
            if ((float)factor_of(&tried, epsilon) == scale) {
                *channel = tried;
                return true;
            }
        }
    }
    return false;
}

/* Beside a faint scale gamma may have too few digits: then the variance is one. */
static void find_gamma(struct channel *channel, float epsilon, float scale)
{
    struct channel other = *channel;

    if (gamma_fits(channel, epsilon, scale))
        return;
    other.variance = 1;
    if (gamma_fits(&other, epsilon, scale))
        *channel = other;
}

/* The same of beta and `shift`, with the mean; a mean of zero hides nothing. */
static void find_beta(struct channel *channel, float epsilon, float bias, float shift)
{
    enum { FLOATS = 2048 };
    double factor = factor_of(channel, epsilon);
    double wanted = (double)shift - (double)bias * (double)(float)factor;
    float mean = channel->mean, up = mean, down = mean;

    for (int by = 0; by <= FLOATS; by++) {
        channel->mean = by % 2 ? up : down;
        channel->beta = (float)(wanted + (double)channel->mean * factor);
        if (shift_of(channel, epsilon, bias) == shift)
            return;
        up = by % 2 ? nextafterf(up, INFINITY) : up;
        down = by % 2 ? down : nextafterf(down, -INFINITY);
    }
    channel->mean = 0;
    channel->beta = (float)wanted;
}

/* ---- a node ------------------------------------------------------------------------------- */

/* Scale and shift of the layer that has the batch norm. */
static const float *scales_of(const struct layer *layer)
{
    return layer->kind == LAYER_CONV ? layer->conv.scale : layer->affine.scale;
}

static const float *shifts_of(const struct layer *layer)
{
    return layer->kind == LAYER_CONV ? layer->conv.shift : layer->affine.shift;
}

static bool ends_in_batchnorm(const struct layer *layer)
{
    return layer->batchnorm && layer->conv.scaled_by == layer->batchnorm->node;
}

/* Whether scale and shift are those of the batch norm alone. */
static bool is_last_scale(const struct layer *layer)
{
    return layer->kind != LAYER_CONV || ends_in_batchnorm(layer);
}

bool onnx_has_other_shifts(const struct onnx_calibrated *calibrated)
{
    return state_has(calibrated->state, STATE_EQUALIZED) ||
           state_has(calibrated->state, STATE_BIAS_SHIFT);
}

/* Statistics that a batch norm is written with. */
struct statistics {
    bool are_written; /* it does not stay as it is */
    const double
        *measured; /* means [channels], variances [channels]; NULL: as trained */
};

/* Those in force of layer `index`; trained ones where biases are others. */
static struct statistics statistics_of(const struct onnx_calibrated *calibrated,
                                       int index)
{
    const struct layer *layer = &calibrated->network->layers[index];
    const double *measured = state_numbers(calibrated->state, STATE_STATISTICS, index);
    bool has_other_shift =
        layer->kind == LAYER_CONV && onnx_has_other_shifts(calibrated);

    return (struct statistics){
        .are_written = layer->batchnorm && (measured || has_other_shift),
        .measured = measured,
    };
}

static float mean_of(const struct batchnorm *batchnorm,
                     const struct statistics *statistics, int channel)
{
    return statistics->measured ? (float)statistics->measured[channel]
                                : batchnorm->mean[channel];
}

static float variance_of(const struct batchnorm *batchnorm,
                         const struct statistics *statistics, int channel)
{
    return statistics->measured
               ? (float)statistics->measured[batchnorm->channels + channel]
               : batchnorm->variance[channel];
}

/* The constants with which a channel comes nearest to its scale and shift. */
static struct channel channel_of(const struct layer *layer,
                                 const struct statistics *statistics, int i)
{
    const struct batchnorm *batchnorm = layer->batchnorm;
    float bias = batchnorm->bias ? batchnorm->bias[i] : 0;
    /* Equalisation may leave a variance that is rounded to less than zero. */
    struct channel channel = {
        .mean = mean_of(batchnorm, statistics, i) + bias,
        .variance = fmaxf(variance_of(batchnorm, statistics, i), 0),
    };

    find_gamma(&channel, batchnorm->epsilon, scales_of(layer)[i]);
    find_beta(&channel, batchnorm->epsilon, bias, shifts_of(layer)[i]);
    return channel;
}

/* A bias that stays in front of the batch norm may leave no constants for the very shift. */
bool onnx_batchnorm_fits(const struct onnx_calibrated *calibrated,
                         const struct layer *layer)
{
    int index = (int)(layer - calibrated->network->layers);
    const struct statistics statistics = statistics_of(calibrated, index);
    const struct batchnorm *batchnorm = layer->batchnorm;

    if (!ends_in_batchnorm(layer))
        return false;
    for (int i = 0; statistics.are_written && i < batchnorm->channels; i++) {
        const struct channel channel = channel_of(layer, &statistics, i);
        float bias = batchnorm->bias ? batchnorm->bias[i] : 0;

        if ((float)factor_of(&channel, batchnorm->epsilon) != layer->conv.scale[i] ||
            shift_of(&channel, batchnorm->epsilon, bias) != layer->conv.shift[i])
            return false;
    }
    return true;
}

static void replace(struct onnx_edit *edit, Onnx__NodeProto *node, size_t input,
                    int channels, const float *values)
{
    char *old = memory_text(node->input[input]);
    char *name = onnx_edit_fresh_name(edit, old, "_measured");
    int64_t dims = channels;

    onnx_edit_add_floats(edit, name, &dims, 1, values);
    onnx_edit_set_input(node, input, name);
    onnx_edit_drop_unread(edit, old);
    free(old);
    free(name);
}

/* Mean and variance as they were measured, and the last digits of all four such that who reads the
 * file comes to the very scale and shift of the layer. */
static void write_batchnorm(struct onnx_edit *edit, const struct layer *layer,
                            const struct statistics *statistics)
{
    const struct batchnorm *batchnorm = layer->batchnorm;
    Onnx__NodeProto *node = edit->model->graph->node[batchnorm->node];
    size_t channels = (size_t)batchnorm->channels;
    float *constants[4];

    for (int i = 0; i < 4; i++)
        constants[i] = memory_get(channels * sizeof(float));
    for (size_t i = 0; i < channels; i++) {
        const struct channel channel = channel_of(layer, statistics, (int)i);

        constants[0][i] = channel.gamma;
        constants[1][i] = channel.beta;
        constants[2][i] = channel.mean;
        constants[3][i] = channel.variance;
    }
    for (size_t i = 0; i < 4; i++)
        replace(edit, node, i + 1, batchnorm->channels, constants[i]);
    for (int i = 0; i < 4; i++)
        free(constants[i]);
}

void onnx_write_batchnorms(struct onnx_edit *edit,
                           const struct onnx_calibrated *calibrated)
{
    const struct network *network = calibrated->network;

    for (int index = 0; index < network->layer_count; index++) {
        const struct layer *layer = &network->layers[index];
        const struct statistics statistics = statistics_of(calibrated, index);

        /* Where other scales follow, all of them are written anew. */
        if (statistics.are_written && is_last_scale(layer))
            write_batchnorm(edit, layer, &statistics);
    }
}
