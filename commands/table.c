#include "commands/command.h"

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/case/case_folder.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns of results.csv that are shown. */
enum column {
    MODEL,
    TARGET,
    BITS,
    CASE,
    LOSS_NAME,
    METRIC_NAME,
    TEXT_COLUMNS,
    FLOAT_LOSS = TEXT_COLUMNS,
    FLOAT_METRIC,
    LOSS,
    METRIC,
    EVALUATIONS,
    CPU_SECONDS,
    COLUMNS
};

static const char *const columns[COLUMNS] = {
    [MODEL] = "model",
    [TARGET] = "target",
    [BITS] = "bits",
    [CASE] = "case",
    [LOSS_NAME] = "loss_name",
    [METRIC_NAME] = "validation_metric",
    [FLOAT_LOSS] = "float_loss",
    [FLOAT_METRIC] = "float_validation",
    [LOSS] = "loss",
    [METRIC] = "validation",
    [EVALUATIONS] = "evaluations",
    [CPU_SECONDS] = "cpu_seconds",
};

struct row {
    char *text[TEXT_COLUMNS]; /* owned */
    double number[COLUMNS];   /* NaN: the cell is empty */
};

struct rows {
    struct row *list; /* owned */
    int count;
};

/* ---- reading ------------------------------------------------------------------------------- */

enum { CELLS_MOST = 64 };

/* Cuts a line at its commas; names hold neither commas nor quotes. */
static int cells_of(char *line, char *cells[CELLS_MOST])
{
    int count = 0;

    line[strcspn(line, "\r\n")] = '\0';
    while (line && count < CELLS_MOST)
        cells[count++] = strsep(&line, ",");
    return count;
}

static int find_columns(char *line, const char *path, int at[COLUMNS],
                        struct error *err)
{
    char *cells[CELLS_MOST];
    int count = cells_of(line, cells);

    for (int column = 0; column < COLUMNS; column++) {
        at[column] = -1;
        for (int i = 0; i < count; i++)
            if (strcmp(cells[i], columns[column]) == 0)
                at[column] = i;
        if (at[column] < 0)
            return error_set(err, EXIT_INPUT,
                             "%s has no column %s; `calq run` writes it anew when it "
                             "goes on",
                             path, columns[column]);
    }
    return 0;
}

static int add_row(struct rows *rows, char *line, const char *path,
                   const int at[COLUMNS], struct error *err)
{
    char *cells[CELLS_MOST], *end;
    int count = cells_of(line, cells);
    struct row row = {0};

    for (int column = 0; column < COLUMNS; column++) {
        if (at[column] >= count)
            return error_set(err, EXIT_INPUT, "%s: line %d ends before its column %s",
                             path, rows->count + 2, columns[column]);
        row.number[column] = strtod(cells[at[column]], &end);
        if (end == cells[at[column]])
            row.number[column] = NAN;
    }
    for (int column = 0; column < TEXT_COLUMNS; column++)
        row.text[column] = memory_text(cells[at[column]]);
    rows->list = memory_resize(rows->list, ((size_t)rows->count + 1) * sizeof row);
    rows->list[rows->count++] = row;
    return 0;
}

static int read_lines(FILE *file, const char *path, struct rows *rows,
                      struct error *err)
{
    size_t bytes = 0;
    char *line = NULL;
    int at[COLUMNS], status = 0;

    if (getline(&line, &bytes, file) < 0)
        status = error_set(err, EXIT_INPUT, "%s is empty", path);
    else
        status = find_columns(line, path, at, err);
    while (status == 0 && getline(&line, &bytes, file) >= 0)
        status = add_row(rows, line, path, at, err);
    free(line);
    return status;
}

/* A run directory without a case that is done, or none at all. */
static int cannot_read(const char *folder, struct error *err)
{
    const char *why = strerror(errno);
    char hint[CASE_FOLDER_HINT_BYTES];

    case_folder_hint(folder, hint);
    return error_set(
        err, EXIT_USAGE,
        "cannot read %.500s/results.csv: %s; is a case done there? see `calq "
        "status`%s",
        folder, why, hint);
}

static int read_results(const char *folder, struct rows *rows, struct error *err)
{
    char path[PATH_MAX];
    FILE *file;
    int status;

    if (snprintf(path, sizeof path, "%s/results.csv", folder) >= PATH_MAX)
        return error_set(err, EXIT_USAGE, "the path %s is too long", folder);
    file = fopen(path, "r");
    if (!file)
        return cannot_read(folder, err);
    status = read_lines(file, path, rows, err);
    fclose(file);
    return status;
}

static void rows_clear(struct rows *rows)
{
    for (int i = 0; i < rows->count; i++)
        for (int column = 0; column < TEXT_COLUMNS; column++)
            free(rows->list[i].text[column]);
    free(rows->list);
}

/* ---- printing ------------------------------------------------------------------------------ */

/* One table: a number of each case of one model and target. */
struct view {
    enum column column;
    const char *what;
    enum column name_column; /* TEXT_COLUMNS: none */
    const char *format;      /* NULL: that of a loss */
    double factor;
    int better;               /* -1: less is, 1: more is, 0: neither */
    enum column float_column; /* COLUMNS: none */
};

static const struct view views[] = {
    {LOSS, "calibration loss", LOSS_NAME, NULL, 1, -1, FLOAT_LOSS},
    {METRIC, "validation, %", METRIC_NAME, "%.2f", 100, 1, FLOAT_METRIC},
    {EVALUATIONS, "evaluations", TEXT_COLUMNS, "%.0f", 1, 0, COLUMNS},
    {CPU_SECONDS, "CPU seconds", TEXT_COLUMNS, "%.1f", 1, 0, COLUMNS},
};

static bool is_alike(const struct row *a, const struct row *b, enum column column)
{
    return strcmp(a->text[column], b->text[column]) == 0;
}

/* Whether two cases stand in the same table, column or line. */
typedef bool same_fn(const struct row *a, const struct row *b);

static bool is_of_table(const struct row *a, const struct row *b)
{
    return is_alike(a, b, MODEL) && is_alike(a, b, TARGET);
}

static bool has_bits(const struct row *a, const struct row *b)
{
    return is_alike(a, b, BITS);
}

/* What a case is called beside the others with its model, target and bits: its method, with a number
 * where that is there twice. */
static const char *method_of(const struct row *row)
{
    size_t before = strlen(row->text[MODEL]) + strlen(row->text[TARGET]) +
                    strlen(row->text[BITS]) + 3;

    return strlen(row->text[CASE]) > before ? row->text[CASE] + before
                                            : row->text[CASE];
}

static bool has_method(const struct row *a, const struct row *b)
{
    return strcmp(method_of(a), method_of(b)) == 0;
}

/* Whether no row before in the same table is the same. */
static bool is_first(const struct rows *rows, const struct row *row, same_fn *same)
{
    for (const struct row *before = rows->list; before < row; before++)
        if (is_of_table(before, row) && same(before, row))
            return false;
    return true;
}

/* The case of a method with the bits of another; NULL: there is none. */
static const struct row *case_of(const struct rows *rows, const struct row *method,
                                 const struct row *bits)
{
    for (int i = 0; i < rows->count; i++)
        if (is_of_table(&rows->list[i], method) && has_method(&rows->list[i], method) &&
            has_bits(&rows->list[i], bits))
            return &rows->list[i];
    return NULL;
}

static bool is_best(const struct rows *rows, const struct row *one,
                    const struct view *view)
{
    for (int i = 0; i < rows->count; i++)
        if (is_of_table(&rows->list[i], one) && has_bits(&rows->list[i], one) &&
            view->better * rows->list[i].number[view->column] >
                view->better * one->number[view->column])
            return false;
    return view->better != 0;
}

static void print_cell(const struct view *view, double number, bool is_marked)
{
    char text[32] = "-";

    if (!isnan(number) && !view->format)
        text_of_loss(number, text);
    else if (!isnan(number))
        snprintf(text, sizeof text, view->format, view->factor * number);
    printf(" %10s%c", text, is_marked ? '*' : ' ');
}

static void print_method(const struct rows *rows, const struct row *method,
                         const struct row *first, const struct view *view)
{
    printf("%-24s", method_of(method));
    for (const struct row *bits = first; bits < rows->list + rows->count; bits++) {
        const struct row *one;

        if (!is_of_table(bits, first) || !is_first(rows, bits, has_bits))
            continue;
        one = case_of(rows, method, bits);
        print_cell(view, one ? one->number[view->column] : NAN,
                   one && is_best(rows, one, view));
    }
    printf("\n");
}

static void print_head(const struct rows *rows, const struct row *first,
                       const struct view *view)
{
    printf("%s, target %s: %s", first->text[MODEL], first->text[TARGET], view->what);
    if (view->name_column < TEXT_COLUMNS)
        printf(" (%s)", first->text[view->name_column]);
    printf("\n%-24s", "");
    for (const struct row *bits = first; bits < rows->list + rows->count; bits++)
        if (is_of_table(bits, first) && is_first(rows, bits, has_bits))
            printf(" %10s ", bits->text[BITS]);
    printf("\n");
}

static void print_view(const struct rows *rows, const struct row *first,
                       const struct view *view)
{
    print_head(rows, first, view);
    if (view->float_column < COLUMNS) {
        printf("%-24s", "float");
        print_cell(view, first->number[view->float_column], false);
        printf("\n");
    }
    for (const struct row *row = first; row < rows->list + rows->count; row++)
        if (is_of_table(row, first) && is_first(rows, row, has_method))
            print_method(rows, row, first, view);
    printf("\n");
}

static void print_tables(const struct rows *rows)
{
    for (const struct row *row = rows->list; row < rows->list + rows->count; row++)
        for (size_t view = 0;
             is_first(rows, row, is_of_table) && view < sizeof views / sizeof *views;
             view++)
            print_view(rows, row, &views[view]);
}

/* ---- the command --------------------------------------------------------------------------- */

static int table(int count, char **arguments, struct error *err)
{
    struct rows rows = {0};
    int status;

    if (count != 1 || arguments[0][0] == '-') {
        error_set(err, EXIT_USAGE, "which run directory? e.g. calq table runs/glyphs");
        return EXIT_USAGE;
    }
    status = read_results(arguments[0], &rows, err);
    if (status == 0)
        print_tables(&rows);
    rows_clear(&rows);
    return status == 0 ? EXIT_DONE : (int)err->code;
}

const struct command table_command = {
    "table",
    "DIR",
    "print the results of a run directory, methods by bits",
    NULL,
    "For each network and target: calibration loss, validation metric, evaluations and "
    "CPU\n"
    "seconds of all cases that are done; a star marks the best of a column.\n",
    table};
