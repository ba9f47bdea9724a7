#include "coordinator/sweep.h"

#include "core/base/draft.h"
#include "core/base/memory.h"
#include "core/report/table.h"

#include <stdlib.h>
#include <string.h>

void sweep_init(struct sweep *sweep, const struct cases *cases, struct cases_part part,
                FILE *out)
{
    *sweep = (struct sweep){
        .cases = cases,
        .each = memory_zeroed((size_t)cases->count, sizeof *sweep->each),
        .part = part,
        .out = out,
    };
    for (int i = 0; i < cases->count; i++)
        sweep->each[i].is_others = !cases_part_has(part, i);
}

void sweep_clear(struct sweep *sweep)
{
    for (int i = 0; i < sweep->cases->count; i++) {
        free(sweep->each[i].identity);
        free(sweep->each[i].failure);
        result_clear(&sweep->each[i].result);
    }
    free(sweep->each);
    *sweep = (struct sweep){0};
}

void sweep_done(struct sweep *sweep, int index, const struct result *result)
{
    const struct calibration_case *one = &sweep->cases->list[index];
    struct sweep_case *each = &sweep->each[index];

    each->state = SWEEP_DONE;
    each->result = *result;
    each->result.model = one->model;
    each->result.target = one->target;
    each->result.bits = one->bits;
    each->result.method = one->method;
    each->result.network = NULL; /* they go when the next case is opened */
    each->result.placement = NULL;
}

void sweep_failed(struct sweep *sweep, int index, enum exit_code code,
                  const char *sentence)
{
    struct sweep_case *each = &sweep->each[index];

    each->state = SWEEP_FAILED;
    each->failed = code;
    each->failure = memory_text(sentence);
}

void sweep_forget(struct sweep *sweep, int index)
{
    result_clear(&sweep->each[index].result);
    sweep->each[index].result = (struct result){0};
    sweep->each[index].state = SWEEP_WAITING;
}

int sweep_count(const struct sweep *sweep, enum sweep_state state)
{
    int count = 0;

    for (int i = 0; i < sweep->cases->count; i++)
        count += sweep->each[i].state == state;
    return count;
}

int sweep_count_own(const struct sweep *sweep, enum sweep_state state)
{
    int count = 0;

    for (int i = 0; i < sweep->cases->count; i++)
        count += !sweep->each[i].is_others && sweep->each[i].state == state;
    return count;
}

int sweep_own(const struct sweep *sweep)
{
    int count = 0;

    for (int i = 0; i < sweep->cases->count; i++)
        count += !sweep->each[i].is_others;
    return count;
}

/* ---- table and CSV ------------------------------------------------------------------------ */

static void show_case(struct sweep *sweep, int index)
{
    const struct sweep_case *each = &sweep->each[index];

    if (!sweep->has_head)
        table_print_head(sweep->out);
    sweep->has_head = true;
    if (each->state == SWEEP_DONE) {
        table_print_result(sweep->out, &each->result, sweep->shown_model);
        sweep->shown_model = each->result.model;
    } else {
        table_print_failure(sweep->out, sweep->cases->list[index].id);
    }
}

void sweep_show(struct sweep *sweep)
{
    for (; sweep->shown < sweep->cases->count; sweep->shown++) {
        const struct sweep_case *each = &sweep->each[sweep->shown];

        if (each->is_others)
            continue;
        if (each->state == SWEEP_WAITING)
            return;
        show_case(sweep, sweep->shown);
    }
}

int sweep_write_csv(const struct sweep *sweep, const char *path, struct error *err)
{
    FILE *file = draft_open(path, err);

    if (!file)
        return -1;
    result_write_csv_head(file);
    for (int i = 0; i < sweep->cases->count; i++)
        if (sweep->each[i].state == SWEEP_DONE)
            result_write_csv_line(&sweep->each[i].result, file);
    return draft_close(file, path, 0, err);
}

/* ---- failures ----------------------------------------------------------------------------- */

static bool fails_alike(const struct sweep *sweep, int a, int b)
{
    return sweep->each[b].state == SWEEP_FAILED &&
           strcmp(sweep->each[a].failure, sweep->each[b].failure) == 0;
}

/* Whether an earlier case has failed with the same sentence. */
static bool is_told(const struct sweep *sweep, int index)
{
    for (int i = 0; i < index; i++)
        if (fails_alike(sweep, index, i))
            return true;
    return false;
}

static int count_alike(const struct sweep *sweep, int index)
{
    int count = 0;

    for (int i = 0; i < sweep->cases->count; i++)
        count += fails_alike(sweep, index, i);
    return count;
}

static int first_failed(const struct sweep *sweep)
{
    int index = 0;

    while (sweep->each[index].state != SWEEP_FAILED)
        index++;
    return index;
}

/* A line a sentence, with the cases that it is about. */
static void list_failures(const struct sweep *sweep, FILE *text)
{
    for (int i = first_failed(sweep); i < sweep->cases->count; i++) {
        int more;

        if (sweep->each[i].state != SWEEP_FAILED || is_told(sweep, i))
            continue;
        more = count_alike(sweep, i) - 1;
        fprintf(text, "\n  %s", sweep->cases->list[i].id);
        if (more > 0)
            fprintf(text, " and %d more", more);
        fprintf(text, ": %s", sweep->each[i].failure);
    }
}

int sweep_tell_failures(const struct sweep *sweep, struct error *err)
{
    int failed = sweep_count(sweep, SWEEP_FAILED), first;
    char *text;
    size_t bytes;
    FILE *file;

    if (failed == 0)
        return 0;
    first = first_failed(sweep);
    if (count_alike(sweep, first) == sweep_own(sweep))
        return error_set(err, sweep->each[first].failed, "%s",
                         sweep->each[first].failure);
    file = open_memstream(&text, &bytes);
    list_failures(sweep, file);
    fclose(file);
    error_set(err, EXIT_SOME_FAILED,
              "%d of %d cases failed; run again to try these once more:%s", failed,
              sweep_own(sweep), text);
    free(text);
    return -1;
}
