#include "tests/support/hdf5_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <hdf5.h>
#include <stdio.h>
#include <string.h>

enum { RANK_MAX = 8 };

static hid_t stored_type(enum hdf5_type type)
{
    switch (type) {
    case HDF5_U8:
        return H5T_STD_U8LE;
    case HDF5_U16:
        return H5T_STD_U16LE;
    case HDF5_I32:
        return H5T_STD_I32LE;
    case HDF5_I64:
        return H5T_STD_I64LE;
    case HDF5_U64:
        return H5T_STD_U64LE;
    case HDF5_F32:
        return H5T_IEEE_F32LE;
    case HDF5_F64:
        return H5T_IEEE_F64LE;
    case HDF5_F32_BIG_ENDIAN:
        return H5T_IEEE_F32BE;
    }
    return H5I_INVALID_HID;
}

static hid_t open_for_writing(const char *path)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);

    assert_true(file >= 0);
    return file;
}

void hdf5_builder_create(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(file >= 0);
    assert_true(H5Fclose(file) >= 0);
}

void hdf5_builder_add(const char *path, const char *dataset, enum hdf5_type type,
                      int rank, const size_t *sizes, const double *values,
                      size_t chunk_rows)
{
    hid_t file = open_for_writing(path);
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t shape[RANK_MAX];
    hid_t space;
    hid_t made;

    for (int i = 0; i < rank; i++)
        shape[i] = sizes[i];
    space = rank ? H5Screate_simple(rank, shape, NULL) : H5Screate(H5S_SCALAR);
    if (chunk_rows > 0) {
        shape[0] = chunk_rows;
        assert_true(H5Pset_chunk(plan, rank, shape) >= 0);
        assert_true(H5Pset_deflate(plan, 1) >= 0);
    }
    made = H5Dcreate2(file, dataset, stored_type(type), space, H5P_DEFAULT, plan,
                      H5P_DEFAULT);
    assert_true(made >= 0);
    assert_true(
        H5Dwrite(made, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(made);
    H5Sclose(space);
    H5Pclose(plan);
    assert_true(H5Fclose(file) >= 0);
}

void hdf5_builder_add_unwritten(const char *path, const char *dataset, int rank,
                                const size_t *sizes)
{
    hid_t file = open_for_writing(path);
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t shape[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
    hid_t space;
    hid_t made;

    for (int i = 0; i < rank; i++) {
        shape[i] = sizes[i];
        chunk[i] = 1;
    }
    space = H5Screate_simple(rank, shape, NULL);
    assert_true(H5Pset_chunk(plan, rank, chunk) >= 0);
    made =
        H5Dcreate2(file, dataset, H5T_STD_U8LE, space, H5P_DEFAULT, plan, H5P_DEFAULT);
    assert_true(made >= 0);
    H5Dclose(made);
    H5Sclose(space);
    H5Pclose(plan);
    assert_true(H5Fclose(file) >= 0);
}

void hdf5_builder_add_group(const char *path, const char *group)
{
    hid_t file = open_for_writing(path);
    hid_t made = H5Gcreate2(file, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(made >= 0);
    H5Gclose(made);
    assert_true(H5Fclose(file) >= 0);
}

void hdf5_builder_link(const char *path, const char *group, const char *name)
{
    hid_t file = open_for_writing(path);

    assert_true(H5Lcreate_hard(file, group, file, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Fclose(file) >= 0);
}

void hdf5_builder_link_to_nothing(const char *path, const char *name)
{
    hid_t file = open_for_writing(path);

    assert_true(H5Lcreate_soft("/nothing", file, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    assert_true(H5Fclose(file) >= 0);
}

static void add_attribute(const char *path, const char *object, const char *name,
                          hid_t type, hid_t space, hid_t memory_type,
                          const void *values)
{
    hid_t file = open_for_writing(path);
    hid_t owner = H5Oopen(file, object, H5P_DEFAULT);
    hid_t attribute = H5Acreate2(owner, name, type, space, H5P_DEFAULT, H5P_DEFAULT);

    assert_true(attribute >= 0);
    assert_true(H5Awrite(attribute, memory_type, values) >= 0);
    H5Aclose(attribute);
    H5Oclose(owner);
    H5Sclose(space);
    assert_true(H5Fclose(file) >= 0);
}

void hdf5_builder_attribute(const char *path, const char *object, const char *name,
                            const double *values, size_t count)
{
    hsize_t size = count;

    add_attribute(path, object, name, H5T_IEEE_F64LE, H5Screate_simple(1, &size, NULL),
                  H5T_NATIVE_DOUBLE, values);
}

void hdf5_builder_text_attribute(const char *path, const char *object, const char *name,
                                 const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, strlen(text) + 1);
    add_attribute(path, object, name, type, H5Screate(H5S_SCALAR), type, text);
    H5Tclose(type);
}

void hdf5_builder_samples(const char *path, enum hdf5_type type, const size_t sizes[4],
                          const double *samples, const double *labels)
{
    hdf5_builder_create(path);
    hdf5_builder_add(path, "/x", type, 4, sizes, samples, 0);
    hdf5_builder_add(path, "/y", HDF5_I32, 1, sizes, labels, 0);
}

size_t hdf5_builder_read(const char *path, const char *dataset, float *values,
                         size_t room)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t opened = H5Dopen2(file, dataset, H5P_DEFAULT);
    hid_t space = H5Dget_space(opened);
    hssize_t count = H5Sget_simple_extent_npoints(space);

    assert_true(count >= 0 && (size_t)count <= room);
    assert_true(
        H5Dread(opened, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(opened);
    H5Fclose(file);
    return (size_t)count;
}

void hdf5_builder_make_newer(const char *path, const char *name)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    H5O_info_t info;
    FILE *bytes;

    assert_true(file >= 0);
    assert_true(H5Oget_info_by_name(file, name, &info, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    bytes = fopen(path, "r+b");
    assert_non_null(bytes);
    assert_int_equal(fseek(bytes, (long)info.addr, SEEK_SET), 0);
    assert_int_equal(fputc(99, bytes), 99);
    assert_int_equal(fclose(bytes), 0);
}
