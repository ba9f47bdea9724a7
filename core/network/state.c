#include "core/network/state.h"

#include "core/base/memory.h"

#include <assert.h>
#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [STATE_EQUALIZED] = "equalized",
    [STATE_MEAN_CORRECTED] = "mean_corrected",
    [STATE_VARIANCE_CORRECTED] = "variance_corrected",
    [STATE_RATIOS] = "ratios",
    [STATE_SPLIT] = "split",
    [STATE_CODE_RATIOS] = "code_ratios",
    [STATE_CODES] = "codes",
    [STATE_CODES_OF_BITS] = "codes_of_bits",
    [STATE_STATISTICS] = "statistics",
    [STATE_BIAS_SHIFT] = "bias_shift",
    [STATE_MEAN_OUTPUTS] = "mean_outputs",
};
_Static_assert(sizeof names / sizeof *names == STATE_KIND_COUNT,
               "each kind has a name");

/* ---- rows --------------------------------------------------------------------------------- */

static size_t bytes_of(const struct state_row *row)
{
    return row->count * sizeof *row->numbers;
}

struct state state_copy(const struct state *from)
{
    struct state copy = {0};

    if (from->count == 0)
        return copy;
    copy.count = from->count;
    copy.rows = memory_copy(from->rows, from->count * sizeof *from->rows);
    for (size_t i = 0; i < copy.count; i++)
        copy.rows[i].numbers =
            memory_copy(from->rows[i].numbers, bytes_of(&from->rows[i]));
    return copy;
}

void state_clear(struct state *state)
{
    for (size_t i = 0; i < state->count; i++)
        free(state->rows[i].numbers);
    free(state->rows);
    *state = (struct state){0};
}

void state_swap(struct state *left, struct state *right)
{
    struct state kept = *left;

    *left = *right;
    *right = kept;
}

/* Below, at or above 0, as the left row stands before, at or behind the right one. */
static int compare_places(const struct state_row *left, const struct state_row *right)
{
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return (left->subject > right->subject) - (left->subject < right->subject);
}

/* Where a row stands or would stand. */
static size_t place_of(const struct state *state, const struct state_row *row)
{
    size_t place = state->count;

    while (place > 0 && compare_places(&state->rows[place - 1], row) >= 0)
        place--;
    return place;
}

static struct state_row *find(const struct state *state, enum state_kind kind,
                              int subject)
{
    const struct state_row row = {.kind = kind, .subject = subject};
    size_t place = place_of(state, &row);

    return place < state->count && compare_places(&state->rows[place], &row) == 0
               ? &state->rows[place]
               : NULL;
}

/* Takes the row, of which there is none yet. */
static void insert(struct state *state, struct state_row row)
{
    size_t place = place_of(state, &row);

    state->rows = memory_resize(state->rows, (state->count + 1) * sizeof *state->rows);
    memmove(state->rows + place + 1, state->rows + place,
            (state->count - place) * sizeof *state->rows);
    state->rows[place] = row;
    state->count++;
}

/* A row of that kind and subject with room for so many numbers. */
static double *make_room(struct state *state, enum state_kind kind, int subject,
                         size_t count)
{
    struct state_row *row = find(state, kind, subject);
    double *numbers = memory_get(count * sizeof *numbers);

    if (row) {
        free(row->numbers);
        row->count = count;
        row->numbers = numbers;
    } else {
        insert(state, (struct state_row){kind, subject, count, numbers});
    }
    return numbers;
}

void state_set(struct state *state, enum state_kind kind, int subject,
               const double *numbers, size_t count)
{
    double *room = make_room(state, kind, subject, count);

    for (size_t i = 0; i < count; i++)
        room[i] = numbers[i];
}

void state_set_floats(struct state *state, enum state_kind kind, int subject,
                      const float *numbers, size_t count)
{
    double *room = make_room(state, kind, subject, count);

    for (size_t i = 0; i < count; i++)
        room[i] = numbers[i];
}

void state_drop(struct state *state, enum state_kind kind)
{
    size_t kept = 0;

    for (size_t i = 0; i < state->count; i++) {
        if (state->rows[i].kind == kind)
            free(state->rows[i].numbers);
        else
            state->rows[kept++] = state->rows[i];
    }
    state->count = kept;
}

const double *state_numbers(const struct state *state, enum state_kind kind,
                            int subject)
{
    const struct state_row *row = find(state, kind, subject);

    return row ? row->numbers : NULL;
}

bool state_has(const struct state *state, enum state_kind kind)
{
    const struct state_row first = {.kind = kind, .subject = INT_MIN};
    size_t place = place_of(state, &first);

    return place < state->count && state->rows[place].kind == kind;
}

/* ---- comparing ---------------------------------------------------------------------------- */

static bool rows_are_equal(const struct state *left, const struct state *right,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct state_row *one = &left->rows[i], *other = &right->rows[i];

        if (compare_places(one, other) != 0 || one->count != other->count ||
            memcmp(one->numbers, other->numbers, bytes_of(one)) != 0)
            return false;
    }
    return true;
}

bool state_is_equal(const struct state *left, const struct state *right)
{
    return left->count == right->count && rows_are_equal(left, right, left->count);
}

/* Rows that are about weights. */
static size_t count_of_weights(const struct state *state)
{
    return place_of(state,
                    &(struct state_row){.kind = STATE_SPLIT, .subject = INT_MIN});
}

bool state_has_equal_weights(const struct state *left, const struct state *right)
{
    size_t count = count_of_weights(left);

    return count == count_of_weights(right) && rows_are_equal(left, right, count);
}

struct hash128 state_signature(const struct state *state)
{
    struct hash128 signature = {{0}};

    for (size_t i = 0; i < state->count; i++) {
        const struct state_row *row = &state->rows[i];
        uint64_t head[] = {row->kind, (uint64_t)row->subject, row->count};

        hash128_add(&signature, head, sizeof head);
        hash128_add(&signature, row->numbers, bytes_of(row));
    }
    return signature;
}

/* ---- text --------------------------------------------------------------------------------- */

char *state_text(const struct state *state, size_t *bytes)
{
    char *text = NULL;
    FILE *file = open_memstream(&text, bytes);

    assert(file);
    for (size_t i = 0; i < state->count; i++) {
        const struct state_row *row = &state->rows[i];

        fprintf(file, "%s %d %zu", names[row->kind], row->subject, row->count);
        for (size_t j = 0; j < row->count; j++)
            fprintf(file, " %a", row->numbers[j]);
        fputc('\n', file);
    }
    fclose(file);
    return text;
}

/* Each of these moves on behind what it reads; false: it is not there. */
struct reader {
    const char *at, *end; /* a zero stands at the end */
};

static bool read_kind(struct reader *reader, enum state_kind *kind)
{
    size_t length = strcspn(reader->at, " \n");

    for (int i = 0; i < STATE_KIND_COUNT; i++)
        if (strlen(names[i]) == length && memcmp(names[i], reader->at, length) == 0) {
            *kind = (enum state_kind)i;
            reader->at += length;
            return true;
        }
    return false;
}

static bool read_count(struct reader *reader, long most, long *count)
{
    char *end;

    if (*reader->at != ' ' || !isdigit((unsigned char)reader->at[1]))
        return false;
    *count = strtol(reader->at + 1, &end, 10);
    reader->at = end;
    return *count <= most;
}

static bool read_number(struct reader *reader, double *number)
{
    char *end;

    if (*reader->at != ' ' || isspace((unsigned char)reader->at[1]))
        return false;
    *number = strtod(reader->at + 1, &end);
    if (end == reader->at + 1)
        return false;
    reader->at = end;
    return isfinite(*number);
}

/* Numbers [row->count] to the end of the line; those that were read are freed where this fails. */
static bool read_numbers(struct reader *reader, struct state_row *row)
{
    bool is_read = true;

    row->numbers = memory_get(bytes_of(row));
    for (size_t i = 0; is_read && i < row->count; i++)
        is_read = read_number(reader, &row->numbers[i]);
    if (is_read && *reader->at++ == '\n')
        return true;
    free(row->numbers);
    return false;
}

static bool read_row(struct reader *reader, struct state_row *row)
{
    long subject, count;

    if (!read_kind(reader, &row->kind) || !read_count(reader, INT_MAX, &subject) ||
        !read_count(reader, (reader->end - reader->at) / 2, &count)) /* " 0" each */
        return false;
    row->subject = (int)subject;
    row->count = (size_t)count;
    return read_numbers(reader, row);
}

static bool comes_last(const struct state *state, const struct state_row *row)
{
    return state->count == 0 || compare_places(&state->rows[state->count - 1], row) < 0;
}

int state_parse(const char *text, size_t bytes, struct state *state, struct error *err)
{
    struct reader reader = {text, text + bytes};

    *state = (struct state){0};
    while (reader.at < reader.end) {
        struct state_row row;
        bool is_read = read_row(&reader, &row);

        if (is_read && comes_last(state, &row)) {
            insert(state, row);
            continue;
        }
        if (is_read)
            free(row.numbers);
        return error_set(err, EXIT_INPUT, "row %zu is not whole, or not in its place",
                         state->count + 1);
    }
    return 0;
}
