#!/bin/bash
# hdf5-memory-space-rank.sh
#
# Behaviour: H5Dread of whole, neighbouring samples of a chunked dataset takes several times the
# CPU time when the memory space is flat, [count * 6144], instead of [count, 6, 32, 32] like the
# dataset. Both select the same elements in the same order into the same contiguous memory, and
# give the same values.
# Expected: the same speed, since both selections are one contiguous block; rank is bookkeeping.
# Output seen: 12,000 samples of 6 KB, gzip, chunks of 100, read 60 at a time: flat 3.80 s,
# same rank 0.52 s.
#
# Version: libhdf5 1.10.8 (Debian 12). Exits with 1 where this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq libhdf5-103-1=1.10.8+repack1-1 libhdf5-dev=1.10.8+repack1-1 \
    libaec0=1.0.6-1+b1 libsz2=1.0.6-1+b1
for package in *.deb; do dpkg-deb -x "$package" root; done
cat >try.c <<'END'
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 12000, SIZE = 6 * 32 * 32, CHUNK = 100, PIECE = 60 };

static void make(void)
{
    const hsize_t dims[4] = {SAMPLES, 6, 32, 32}, chunk[4] = {CHUNK, 6, 32, 32};
    hid_t file = H5Fcreate("samples.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(4, dims, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);
    unsigned char *values = malloc((size_t)SAMPLES * SIZE);
    hid_t dataset;

    H5Pset_chunk(layout, 4, chunk);
    H5Pset_deflate(layout, 1);
    dataset = H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    srand(1);
    for (size_t i = 0; i < (size_t)SAMPLES * SIZE; i++)
        values[i] = (unsigned char)(rand() >> 8) & 15;
    H5Dwrite(dataset, H5T_NATIVE_UCHAR, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    free(values);
    H5Dclose(dataset);
    H5Fclose(file);
}

/* CPU seconds; *sum becomes the sum of all values. */
static double read_all(int is_flat, double *sum)
{
    hid_t file = H5Fopen("samples.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    float *values = malloc(sizeof *values * PIECE * SIZE);
    clock_t start = clock();
    hid_t dataset, space;

    H5Pset_chunk_cache(access, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, 32 << 20,
                       H5D_CHUNK_CACHE_W0_DEFAULT);
    dataset = H5Dopen2(file, "x", access);
    space = H5Dget_space(dataset);
    for (hsize_t first = 0; first < SAMPLES; first += PIECE) {
        const hsize_t start_at[4] = {first}, count[4] = {PIECE, 6, 32, 32}, flat = PIECE * SIZE;
        hid_t memory =
            is_flat ? H5Screate_simple(1, &flat, NULL) : H5Screate_simple(4, count, NULL);

        H5Sselect_hyperslab(space, H5S_SELECT_SET, start_at, NULL, count, NULL);
        H5Dread(dataset, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, values);
        H5Sclose(memory);
        for (size_t i = 0; i < (size_t)PIECE * SIZE; i++)
            *sum += values[i];
    }
    free(values);
    H5Dclose(dataset);
    H5Fclose(file);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

int main(void)
{
    double flat = 0, same = 0, flat_sum = 0, same_sum = 0;

    make();
    for (int round = 0; round < 3; round++) {
        flat += read_all(1, &flat_sum);
        same += read_all(0, &same_sum);
    }
    printf("flat %.2f s, same rank %.2f s, ratio %.1f, %s values\n", flat / 3, same / 3,
           flat / same, flat_sum == same_sum ? "the same" : "OTHER");
    return !(flat_sum == same_sum && flat > 2 * same);
}
END
library=root/usr/lib/x86_64-linux-gnu
gcc -O2 -Iroot/usr/include/hdf5/serial try.c -o try -L$library -L$library/hdf5/serial \
    -Wl,-rpath-link,$library -l:libhdf5_serial.so.103
LD_LIBRARY_PATH=$library ./try && echo "as found" || { echo "CHANGED"; exit 1; }
