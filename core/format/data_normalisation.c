#include "core/format/data_normalisation.h"

#include "core/format/sample_shape.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- finding ------------------------------------------------------------------------------- */

struct constants { /* scale, mean or std, and where it was found */
    const char *name;
    const char *owner; /* for sentences */
    double values[CONFIG_CHANNELS_MAX];
    int count;
};

/* Where constants may stand. */
struct places {
    struct hdf5_reader *reader;
    const struct hdf5_dataset *samples;
    const char *path;
};

/* Returns 1 where the dataset, or, NULL, the file has the attribute. */
static int find_attribute(const struct places *places, const struct hdf5_dataset *of,
                          struct constants *constants, struct error *err)
{
    struct hdf5_numbers numbers;

    static_assert(sizeof numbers.values == sizeof constants->values, "as many values");
    if (hdf5_reader_attribute(places->reader, of, constants->name, &numbers, err) < 0)
        return -1;
    if (numbers.count == 0)
        return 0;
    constants->owner = of ? of->name : "the file";
    constants->count = numbers.count;
    memcpy(constants->values, numbers.values, sizeof numbers.values);
    return 1;
}

/* From the configuration, else the dataset's attribute, else the file's, else
 * `fallback`. */
static int find_constants(const struct places *places, const double *configured,
                          int configured_count, double fallback,
                          struct constants *constants, struct error *err)
{
    int found;

    if (configured_count > 0) {
        constants->owner = "the configuration";
        constants->count = configured_count;
        memcpy(constants->values, configured,
               (size_t)configured_count * sizeof *configured);
        return 0;
    }
    found = find_attribute(places, places->samples, constants, err);
    if (found == 0)
        found = find_attribute(places, NULL, constants, err);
    if (found != 0)
        return found < 0 ? -1 : 0;
    constants->values[0] = fallback;
    constants->count = 1;
    return 0;
}

static int check_constants(const char *path, const struct constants *constants,
                           int channels, bool positive, struct error *err)
{
    char needed[32] = "1 is";

    if (channels > 1)
        snprintf(needed, sizeof needed, "1 or %d are", channels);
    if (constants->count != 1 && constants->count != channels)
        return error_set(err, EXIT_INPUT, "%s: %s of %s holds %d values, but %s needed",
                         path, constants->name, constants->owner, constants->count,
                         needed);
    for (int i = 0; i < constants->count; i++) {
        float value = (float)constants->values[i];

        if (!isfinite(value) || (positive && value <= 0))
            return error_set(err, EXIT_INPUT,
                             "%s: %s of %s is %g; it must be a %snumber", path,
                             constants->name, constants->owner, constants->values[i],
                             positive ? "positive " : "finite ");
    }
    return 0;
}

/* Takes over constants that were checked. */
static void take_constants(struct normalisation *normalisation,
                           const struct constants *scale, const struct constants *mean,
                           const struct constants *std)
{
    normalisation->scale = (float)scale->values[0];
    normalisation->divides_by_255 = fabs(scale->values[0] * 255 - 1) <= 1e-6;
    normalisation->channels = mean->count > std->count ? mean->count : std->count;
    for (int channel = 0; channel < normalisation->channels; channel++) {
        normalisation->mean[channel] =
            (float)mean->values[mean->count > 1 ? channel : 0];
        normalisation->std[channel] = (float)std->values[std->count > 1 ? channel : 0];
    }
}

int normalisation_find(struct normalisation *normalisation,
                       const struct config_constants *configured,
                       const struct tensor *input, struct hdf5_reader *reader,
                       const struct hdf5_dataset *samples, const char *path,
                       struct error *err)
{
    const struct places places = {reader, samples, path};
    double usual = samples->kind == HDF5_INTEGERS ? 1.0 / 255.0 : 1.0;
    struct constants scale = {.name = "scale"};
    struct constants mean = {.name = "mean"};
    struct constants std = {.name = "std"};
    int channels;

    if (find_constants(&places, &configured->scale, !isnan(configured->scale), usual,
                       &scale, err) < 0 ||
        find_constants(&places, configured->mean, configured->mean_count, 0, &mean,
                       err) < 0 ||
        find_constants(&places, configured->std, configured->std_count, 1, &std, err) <
            0)
        return -1;
    normalisation->channel_axis =
        sample_shape_axis_of(input, mean.count > std.count ? mean.count : std.count);
    channels = input->rank > 0 ? input->dims[normalisation->channel_axis] : 1;
    if (check_constants(path, &scale, 1, true, err) < 0 ||
        check_constants(path, &mean, channels, false, err) < 0 ||
        check_constants(path, &std, channels, true, err) < 0)
        return -1;
    take_constants(normalisation, &scale, &mean, &std);
    return 0;
}

/* ---- applying ------------------------------------------------------------------------------ */

/* Normalises values that share their constants. */
static void apply_to_run(const struct normalisation *normalisation, float *values,
                         size_t count, size_t constant)
{
    float scale = normalisation->scale, mean = normalisation->mean[constant];
    float std = normalisation->std[constant];

    if (normalisation->divides_by_255)
        for (size_t i = 0; i < count; i++)
            values[i] = (values[i] / 255.0f - mean) / std;
    else
        for (size_t i = 0; i < count; i++)
            values[i] = (values[i] * scale - mean) / std;
}

void normalisation_apply(const struct normalisation *normalisation,
                         const struct tensor *input, float *sample)
{
    size_t count = (size_t)normalisation->channels, inner = 1;

    if (count == 1) {
        apply_to_run(normalisation, sample, input->count, 0);
        return;
    }
    for (int i = normalisation->channel_axis + 1; i < input->rank; i++)
        inner *= (size_t)input->dims[i];
    for (size_t run = 0; run < input->count / inner; run++)
        apply_to_run(normalisation, sample + run * inner, inner, run % count);
}
