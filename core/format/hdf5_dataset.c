#include "core/format/hdf5_dataset.h"

#include <stdio.h>

size_t hdf5_dataset_row(const struct hdf5_dataset *dataset)
{
    size_t values = 1;

    for (int i = 1; i < dataset->rank; i++)
        values *= dataset->sizes[i];
    return values;
}

const char *hdf5_kind_text(const struct hdf5_dataset *dataset,
                           char text[HDF5_KIND_TEXT_BYTES])
{
    if (dataset->kind == HDF5_INTEGERS)
        snprintf(text, HDF5_KIND_TEXT_BYTES, "%zu-bit %s integers", dataset->bytes * 8,
                 dataset->is_signed ? "signed" : "unsigned");
    else if (dataset->kind == HDF5_FLOATS)
        snprintf(text, HDF5_KIND_TEXT_BYTES, "%zu-bit floats", dataset->bytes * 8);
    else
        snprintf(text, HDF5_KIND_TEXT_BYTES, "something else than numbers");
    return text;
}

const char *hdf5_shape_text(const struct hdf5_dataset *dataset,
                            char text[HDF5_SHAPE_TEXT_BYTES])
{
    size_t used = 0;

    if (dataset->rank < 0)
        return "of another rank";
    for (int i = 0; i < dataset->rank; i++)
        used += (size_t)snprintf(text + used, HDF5_SHAPE_TEXT_BYTES - used, "%s%llu",
                                 i ? ", " : "[", dataset->sizes[i]);
    snprintf(text + used, HDF5_SHAPE_TEXT_BYTES - used, "]");
    return text;
}
