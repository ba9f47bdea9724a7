#include "tests/fuzz/built_data.h"

#include <hdf5.h>
#include <stdbool.h>
#include <string.h>

/* What is left of the bytes; zeros follow them. */
struct bytes {
    const uint8_t *at;
    size_t left;
};

static unsigned next(struct bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

static hid_t compound(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, 8);

    H5Tinsert(type, "a", 0, H5T_NATIVE_INT);
    H5Tinsert(type, "b", 4, H5T_NATIVE_FLOAT);
    return type;
}

static hid_t text(bool is_variable)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, is_variable ? H5T_VARIABLE : 5);
    return type;
}

/* A type of its own, to be closed. */
static hid_t draw_type(unsigned number)
{
    const hid_t plain[] = {H5T_STD_U8LE,  H5T_IEEE_F32LE, H5T_STD_I32LE,
                           H5T_STD_I64LE, H5T_STD_I8LE,   H5T_STD_U16LE,
                           H5T_STD_U64LE, H5T_IEEE_F64LE, H5T_IEEE_F32BE,
                           H5T_STD_I32BE, H5T_STD_B8LE,   H5T_NATIVE_LDOUBLE};
    enum { PLAIN = sizeof plain / sizeof *plain };

    if (number % 16 < PLAIN)
        return H5Tcopy(plain[number % 16]);
    if (number % 16 == PLAIN)
        return compound();
    return text(number % 16 == PLAIN + 1);
}

/* A shape: a scalar, nothing, or up to five dimensions, which may grow. */
static hid_t draw_space(struct bytes *bytes, int *rank, hsize_t dims[5])
{
    unsigned kind = next(bytes);
    hsize_t most[5];

    *rank = (int)(kind % 8);
    if (*rank == 7) {
        *rank = 0;
        return H5Screate(H5S_NULL);
    }
    *rank = *rank > 5 ? 4 : *rank;
    if (*rank == 0)
        return H5Screate(H5S_SCALAR);
    for (int i = 0; i < *rank; i++) {
        unsigned dim = next(bytes);

        dims[i] = dim % 10;
        most[i] = kind & 64 ? H5S_UNLIMITED : dims[i];
    }
    return H5Screate_simple(*rank, dims, most);
}

static hid_t draw_plan(struct bytes *bytes, int rank, const hsize_t *dims,
                       bool may_grow)
{
    unsigned kind = next(bytes);
    hid_t plan = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t chunk[5];

    if (rank == 0 || !(kind & 1 || may_grow))
        return plan;
    for (int i = 0; i < rank; i++) {
        chunk[i] = 1 + next(bytes) % 4;
        if (!may_grow && chunk[i] > dims[i])
            chunk[i] = dims[i] > 0 ? dims[i] : 1;
    }
    H5Pset_chunk(plan, rank, chunk);
    if (kind & 2)
        H5Pset_shuffle(plan);
    if (kind % 32 == 7) /* it takes its time */
        H5Pset_deflate(plan, 1);
    return plan;
}

/* Some of them stay as the file fills them. */
static void write_values(struct bytes *bytes, hid_t made, hid_t type)
{
    static uint8_t values[1 << 20];
    size_t known = next(bytes), room = sizeof values;

    if (H5Tis_variable_str(type) > 0 || H5Dget_storage_size(made) > room / 16)
        return;
    memset(values, 0, room / 16);
    for (size_t i = 0; i < known; i++)
        values[i] = (uint8_t)next(bytes);
    H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
}

static void write_attribute(struct bytes *bytes, hid_t object)
{
    static const char *const names[] = {"scale", "mean", "std", "other"};
    const char *name = names[next(bytes) % 4];
    hid_t type = draw_type(next(bytes)), space, made;
    uint8_t values[4096] = {0};
    hsize_t dims[5];
    int rank;

    space = draw_space(bytes, &rank, dims);
    made = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    for (size_t known = next(bytes), i = 0; i < known; i++)
        values[i] = (uint8_t)next(bytes);
    if (made >= 0 && H5Tis_variable_str(type) <= 0 &&
        H5Sget_simple_extent_npoints(space) * (hssize_t)H5Tget_size(type) <=
            (hssize_t)sizeof values)
        H5Awrite(made, type, values);
    if (made >= 0)
        H5Aclose(made);
    H5Sclose(space);
    H5Tclose(type);
}

static void write_dataset(struct bytes *bytes, hid_t file, const char *name)
{
    unsigned kind = next(bytes);
    hid_t type = draw_type(kind), space, plan, made;
    hsize_t dims[5];
    int rank;

    space = draw_space(bytes, &rank, dims);
    plan = draw_plan(bytes, rank, dims, rank > 0 && kind & 64);
    made = H5Dcreate2(file, name, type, space, H5P_DEFAULT, plan, H5P_DEFAULT);
    if (made >= 0) {
        write_values(bytes, made, type);
        for (unsigned count = kind >> 5 & 1; count > 0; count--)
            write_attribute(bytes, made);
        H5Dclose(made);
    }
    H5Pclose(plan);
    H5Sclose(space);
    H5Tclose(type);
}

/* ---- the file --------------------------------------------------------------------------------- */

enum { USES_MOST = 500 }; /* then it is made anew: what was removed leaves holes */

/* An empty file. To make one costs more than all the rest, so it is emptied instead; whoever opens it
 * in this process shares it. */
static hid_t empty_file(const char *path)
{
    static hid_t file = H5I_INVALID_HID;
    static int uses;

    if (file >= 0 && uses++ < USES_MOST) {
        static const char *const names[] = {"x", "y", "z"};

        for (int i = 0; i < 3; i++)
            H5Ldelete(file, names[i], H5P_DEFAULT);
        while (H5Adelete_by_idx(file, ".", H5_INDEX_NAME, H5_ITER_NATIVE, 0,
                                H5P_DEFAULT) >= 0)
            ;
        return file;
    }
    if (file >= 0)
        H5Fclose(file);
    uses = 0;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    return file;
}

void built_data_write(const char *path, const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    unsigned kind = next(&bytes);
    hid_t file = empty_file(path);

    write_dataset(&bytes, file, "x");
    write_dataset(&bytes, file, kind & 4 ? "z" : "y");
    for (unsigned count = kind % 4; count > 0; count--)
        write_attribute(&bytes, file);
}
