#include "core/pack/pack_inside.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of lines, of which each is a sample of whole numbers. */
struct lines {
    const struct pack *pack;
    FILE *file;
    char *line; /* owned */
    size_t room, number;
};

static const char between[] = ", ;\t\r\n";

/* The next line that is not empty; false at the end. */
static bool next_line(struct lines *lines)
{
    while (getline(&lines->line, &lines->room, lines->file) >= 0) {
        lines->number++;
        if (lines->line[strspn(lines->line, between)])
            return true;
    }
    return false;
}

static int tell(const struct lines *lines, const char *word, struct error *err)
{
    return error_set(err, EXIT_INPUT,
                     "%s, line %zu: \"%.*s\" is no whole number of 32 bits; a line is "
                     "a sample of token ids",
                     lines->pack->source, lines->number,
                     (int)(strcspn(word, between) < 40 ? strcspn(word, between) : 40),
                     word);
}

/* The numbers of the line, of which `most` are kept in `to`, unless it is NULL: how many there are; -1 on
 * failure. */
static long read_line(const struct lines *lines, int32_t *to, size_t most,
                      struct error *err)
{
    const char *at = lines->line + strspn(lines->line, between);
    long count = 0;

    for (; *at; at += strspn(at, between), count++) {
        char *end;
        long long number = (errno = 0, strtoll(at, &end, 10));

        if (end == at || !strchr(between, *end) || errno != 0 || number < INT32_MIN ||
            number > INT32_MAX)
            return tell(lines, at, err);
        if (to && (size_t)count < most)
            to[count] = (int32_t)number;
        at = end;
    }
    return count;
}

struct table {
    size_t rows, columns;
};

/* How many lines there are, and how long the longest is. */
static int measure(struct lines *lines, struct table *table, struct error *err)
{
    size_t most = lines->pack->samples;

    while ((most == 0 || table->rows < most) && next_line(lines)) {
        long count = read_line(lines, NULL, 0, err);

        if (count < 0)
            return -1;
        if (!lines->pack->has_pad && table->rows > 0 && (size_t)count != table->columns)
            return error_set(
                err, EXIT_INPUT,
                "%s, line %zu: %ld token ids, %zu in the lines before; say "
                "--pad ID to fill short ones",
                lines->pack->source, lines->number, count, table->columns);
        if ((size_t)count > table->columns)
            table->columns = (size_t)count;
        table->rows++;
    }
    if (table->rows == 0)
        return error_set(err, EXIT_INPUT, "%s holds no token ids", lines->pack->source);
    return 0;
}

static int copy(struct lines *lines, const struct table *table, struct row_writer *rows,
                struct error *err)
{
    rewind(lines->file);
    lines->number = 0;
    for (size_t i = 0; i < table->rows && next_line(lines); i++) {
        int32_t *row = row_writer_next(rows);
        long count = read_line(lines, row, table->columns, err);

        if (count < 0)
            return -1;
        for (size_t k = (size_t)count; k < table->columns; k++)
            row[k] = lines->pack->pad;
        if (row_writer_take(rows, err) < 0 ||
            pack_go_on(lines->pack, i + 1, table->rows, err) < 0)
            return -1;
    }
    return 0;
}

static int pack_lines(struct lines *lines, struct hdf5_writer *writer,
                      struct packed *packed, struct error *err)
{
    struct table table = {0};
    struct hdf5_dataset like = {
        .kind = HDF5_INTEGERS, .bytes = 4, .is_signed = true, .rank = 2};
    struct row_writer rows;
    int status;

    if (measure(lines, &table, err) < 0)
        return -1;
    like.sizes[1] = table.columns;
    packed->samples = table.rows;
    packed->datasets = 1;
    status = row_writer_begin(&rows, writer, &like, pack_dataset(lines->pack),
                              lines->pack->gzip, err);
    if (status == 0)
        status = copy(lines, &table, &rows, err);
    return row_writer_end(&rows, status, err);
}

int pack_tokens(const struct pack *pack, struct hdf5_writer *writer,
                struct packed *packed, struct error *err)
{
    struct lines lines = {.pack = pack, .file = fopen(pack->source, "re")};
    int status;

    if (!lines.file)
        return error_set(err, EXIT_INPUT, "cannot open %s: %s", pack->source,
                         strerror(errno));
    status = pack_lines(&lines, writer, packed, err);
    free(lines.line);
    fclose(lines.file);
    return status;
}
