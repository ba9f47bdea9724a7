/* data_normalisation.h - the constants that stored values are normalised with: found, and applied. */
#ifndef CORE_FORMAT_DATA_NORMALISATION_H
#define CORE_FORMAT_DATA_NORMALISATION_H

#include "core/format/config.h"
#include "core/format/hdf5_reader.h"

/* x = (stored * scale - mean) / std, per channel: of an input [C, H, W] along the first dimension,
 * of one [H, W, C] and all others along the last. With a scale of 1/255, to six digits, it is
 * stored / 255: what networks are trained with, and different in the last place.
 */
struct normalisation {
    float scale;
    int channels; /* values in mean and std; 1: one of each serves all channels */
    float mean[CONFIG_CHANNELS_MAX];
    float std[CONFIG_CHANNELS_MAX];
    bool
        divides_by_255; /* instead of a product with scale, see normalisation_apply() */
    int channel_axis;   /* of the input's dims: along which means and stds lie */
};

/* Finds each constant in the configuration, else in the dataset's attributes, else in the file's;
 * else scale is 1/255 for integers and 1 for floats, mean 0, std 1.
 *
 * Fails with EXIT_INPUT where one is no number, not positive, or there are not as many as
 * channels.
 */
int normalisation_find(struct normalisation *normalisation,
                       const struct config_constants *configured,
                       const struct tensor *input, struct hdf5_reader *reader,
                       const struct hdf5_dataset *samples, const char *path,
                       struct error *err);

/* Normalises one sample, in the order of the file.
 *
 * A scale of 1/255, exact or rounded as 0.003921569, means "divide by 255": that is how
 * networks are trained, and the product differs from the quotient in the last place. */
void normalisation_apply(const struct normalisation *normalisation,
                         const struct tensor *input, float *sample);

#endif
