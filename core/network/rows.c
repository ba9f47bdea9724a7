#include "core/network/rows.h"

static size_t count_of(const struct row_dim *dims, int dim_count)
{
    size_t count = 1;

    for (int i = 0; i < dim_count; i++)
        count *= dims[i].count;
    return count;
}

static size_t place_of(const struct row_dim *dims, int dim_count, size_t index)
{
    size_t place = 0;

    for (int i = dim_count - 1; i >= 0; i--) {
        place += index % dims[i].count * dims[i].stride;
        index /= dims[i].count;
    }
    return place;
}

size_t rows_count(const struct rows *rows)
{
    return count_of(rows->between, rows->between_count);
}

size_t rows_length(const struct rows *rows)
{
    return count_of(rows->along, rows->along_count);
}

size_t rows_first(const struct rows *rows, size_t row)
{
    return place_of(rows->between, rows->between_count, row);
}

size_t rows_element(const struct rows *rows, size_t element)
{
    return place_of(rows->along, rows->along_count, element);
}

bool rows_are_dense(const struct rows *rows)
{
    return rows->along_count == 1 && rows->along[0].stride == 1;
}

static bool are_equal(const struct row_dim *a, const struct row_dim *b, int count)
{
    for (int i = 0; i < count; i++)
        if (a[i].count != b[i].count || a[i].stride != b[i].stride)
            return false;
    return true;
}

bool rows_are_equal(const struct rows *a, const struct rows *b)
{
    return a->along_count == b->along_count && a->between_count == b->between_count &&
           are_equal(a->along, b->along, a->along_count) &&
           are_equal(a->between, b->between, a->between_count);
}

static void merge(struct row_dim *dims, int *dim_count)
{
    int kept = 0;

    for (int i = 0; i < *dim_count; i++) {
        if (dims[i].count == 1)
            continue;
        if (kept > 0 && dims[kept - 1].stride == dims[i].stride * dims[i].count) {
            dims[kept - 1].count *= dims[i].count;
            dims[kept - 1].stride = dims[i].stride;
        } else {
            dims[kept++] = dims[i];
        }
    }
    if (kept == 0)
        dims[kept++] = (struct row_dim){1, 1};
    *dim_count = kept;
}

void rows_merge(struct rows *rows)
{
    merge(rows->along, &rows->along_count);
    merge(rows->between, &rows->between_count);
}

/* Which of so many dimensions is stored at a place, slowest first: see layer.h. */
static int stored_at(int place, int rank)
{
    return rank == 3 ? (place + 1) % 3 : place;
}

static void find_dims(const struct tensor *tensor, struct row_dim *dims)
{
    size_t stride = 1;

    for (int place = tensor->rank - 1; place >= 0; place--) {
        int dim = stored_at(place, tensor->rank);

        dims[dim] = (struct row_dim){(size_t)tensor->dims[dim], stride};
        stride *= dims[dim].count;
    }
}

/* The dimensions that rows do not go along, as a tensor is stored that has only these. */
static void find_between(const struct row_dim *dims, const bool *is_along, int rank,
                         struct rows *rows)
{
    struct row_dim kept[ROW_DIMS_MAX];
    int count = 0;

    for (int i = 0; i < rank; i++)
        if (!is_along[i])
            kept[count++] = dims[i];
    for (int place = 0; place < count; place++)
        rows->between[place] = kept[stored_at(place, count)];
    rows->between_count = count;
}

struct rows rows_of(const struct tensor *tensor, const bool *is_along, bool keeps_dims)
{
    struct row_dim dims[ROW_DIMS_MAX];
    struct rows rows = {.along_count = 0};

    find_dims(tensor, dims);
    for (int place = 0; place < tensor->rank; place++) {
        int dim = stored_at(place, tensor->rank);

        if (is_along[dim])
            rows.along[rows.along_count++] = dims[dim];
        else if (keeps_dims)
            rows.between[rows.between_count++] = dims[dim];
    }
    if (!keeps_dims)
        find_between(dims, is_along, tensor->rank, &rows);
    rows_merge(&rows);
    return rows;
}

struct rows rows_of_groups(const struct tensor *tensor, int groups)
{
    size_t channels = (size_t)tensor->dims[0], together = channels / (size_t)groups;
    size_t area = tensor->count / channels;
    bool is_image = tensor->rank == 3;
    struct row_dim of_channels = {together, is_image ? 1 : area};
    struct row_dim of_area = {area, is_image ? channels : 1};
    struct rows rows = {
        .along = {is_image ? of_area : of_channels, is_image ? of_channels : of_area},
        .along_count = 2,
        .between = {{(size_t)groups, together * of_channels.stride}},
        .between_count = 1};

    rows_merge(&rows);
    return rows;
}
