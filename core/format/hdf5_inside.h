/* hdf5_inside.h - what the sources share that know the HDF5 library: hdf5_file.c and
 * hdf5_listing.c. */
#ifndef CORE_FORMAT_HDF5_INSIDE_H
#define CORE_FORMAT_HDF5_INSIDE_H

#include "core/format/hdf5_dataset.h"

#include <hdf5.h>

/* Says what a dataset holds; name and index stay. */
void hdf5_describe(hid_t dataset, struct hdf5_dataset *about);

/* How many numbers an attribute holds; -1: it holds something else. */
long long hdf5_attribute_count(hid_t attribute);

/* Writes the names of all datasets, "/images, /test/labels", as many as fit, and of these the one
 * that `wanted` looks like, or which settings name them. */
void hdf5_list_names(hid_t file, const char *wanted, char *text, size_t bytes);

/* Writes the names of all datasets, a line each, as many as fit. */
void hdf5_list_lines(hid_t file, char *text, size_t bytes);

/* Writes a table of all datasets and of the attributes that calq reads, as much as fits. */
void hdf5_list_content(hid_t file, const char *path, char *text, size_t bytes);

#endif
