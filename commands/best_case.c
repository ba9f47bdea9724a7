#include "commands/best_case.h"

#include "commands/opened_run.h"
#include "core/base/text.h"
#include "core/format/config_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is asked for ---------------------------------------------------------------------- */

static bool is_by_loss(const struct best_case *best)
{
    return strcmp(best->by, "loss") == 0;
}

int best_case_read_by(const char *name, const char *text, void *place,
                      struct error *err)
{
    if (strcmp(text, "loss") != 0 && strcmp(text, "accuracy") != 0)
        return error_set(err, EXIT_USAGE,
                         "%s takes loss, of the calibration samples, or accuracy, the "
                         "metric of the validation samples, not %s",
                         name, text);
    *(const char **)place = text;
    return 0;
}

int best_case_read_bytes(const char *name, const char *text, void *place,
                         struct error *err)
{
    size_t bytes = 0;
    char *end;

    *(double *)place = strtod(text, &end);
    if (strspn(text, "0123456789") < strlen(text)) {
        if (config_value_size(text, &bytes, err) < 0)
            bytes = 0;
        *(double *)place = (double)bytes;
    }
    if (*(double *)place > 0)
        return 0;
    return error_set(
        err, EXIT_USAGE,
        "%s takes a number of bytes above 0, such as 300000 or 512KiB, not %s", name,
        text);
}

/* ---- the best ------------------------------------------------------------------------------- */

static bool is_asked_for(const struct result *result, const struct best_case *best)
{
    return (!best->model || strcmp(best->model, result->model->name) == 0) &&
           (!best->target ||
            strcmp(best->target, config_target_name(result->target)) == 0);
}

/* Larger is better; NaN: it is not known. */
static double merit(const struct result *result, const struct best_case *best)
{
    enum metric metric = result->model->metric;

    if (is_by_loss(best))
        return -score_loss(&result->result.calibration);
    return (metric_table[metric].higher_is_better ? 1 : -1) *
           score_metric(&result->result.validation, metric);
}

/* A cost of no bytes is that of a result of an earlier calq. */
static bool fits(const struct result *result, const struct best_case *best)
{
    return best->bytes == 0 ||
           (result->cost.weight_bytes > 0 && result->cost.weight_bytes <= best->bytes);
}

static bool is_better(const struct result *one, const struct result *other,
                      const struct best_case *best)
{
    double a = merit(one, best), b = merit(other, best);

    return a > b || (a == b && one->cost.weight_bytes < other->cost.weight_bytes);
}

/* What was found on the way. */
struct search {
    const struct result *first; /* of those asked for, which all must be like it */
    const struct result *best, *smallest;
    int done, asked_for, fitting;
};

static int refuse_other(const struct result *first, const struct result *other,
                        struct error *err)
{
    if (first->model != other->model)
        return error_set(err, EXIT_USAGE,
                         "the run has cases of the models %s and %s, which cannot be "
                         "compared; say which with --model",
                         first->model->name, other->model->name);
    return error_set(err, EXIT_USAGE,
                     "the run has cases for the targets %s and %s; say which with "
                     "--target",
                     config_target_name(first->target),
                     config_target_name(other->target));
}

static int look_at(struct search *search, const struct result *result,
                   const struct best_case *best, struct error *err)
{
    search->done++;
    if (!is_asked_for(result, best))
        return 0;
    if (!search->first)
        search->first = result;
    if (search->first->model != result->model ||
        search->first->target != result->target)
        return refuse_other(search->first, result, err);
    search->asked_for++;
    if (!search->smallest ||
        result->cost.weight_bytes < search->smallest->cost.weight_bytes)
        search->smallest = result;
    if (!fits(result, best) || isnan(merit(result, best)))
        return 0;
    search->fitting++;
    if (!search->best || is_better(result, search->best, best))
        search->best = result;
    return 0;
}

static int refuse(const struct search *search, const struct best_case *best,
                  const char *run, struct error *err)
{
    if (search->done == 0)
        return error_set(err, EXIT_USAGE,
                         "no case is done in %.500s; see `calq status`", run);
    if (search->asked_for == 0)
        return error_set(
            err, EXIT_USAGE,
            "none of the %d cases that are done in %.500s has that model and "
            "target; see `calq status`",
            search->done, run);
    if (!fits(search->smallest, best))
        return error_set(
            err, EXIT_USAGE,
            "no case takes at most %.0f bytes; the smallest, %s, takes %.0f: "
            "search with fewer bits, or allow more with --under",
            best->bytes, search->smallest->case_id,
            search->smallest->cost.weight_bytes);
    return error_set(err, EXIT_USAGE,
                     "no case has been validated, so that none is known to be the most "
                     "accurate; take --best loss, or set `validation` and run again");
}

static void tell(const struct search *search, const struct best_case *best)
{
    const struct result *result = search->best;
    enum metric metric = result->model->metric;
    char loss[TEXT_OF_LOSS_BYTES], text[METRIC_TEXT_BYTES];

    printf("%s: loss %s, %s %s, %.0f bytes of weights; best by %s of %d case%s",
           result->case_id, text_of_loss(score_loss(&result->result.calibration), loss),
           metric_table[metric].name,
           metric_text(metric, score_metric(&result->result.validation, metric), text),
           result->cost.weight_bytes, best->by, search->fitting,
           search->fitting == 1 ? "" : "s");
    if (best->bytes > 0)
        printf(" under %.0f bytes", best->bytes);
    putchar('\n');
}

static int find(struct opened_run *run, const struct best_case *best, const char *path,
                char folder[PATH_MAX], struct error *err)
{
    struct search search = {0};

    ledger_look(&run->ledger);
    for (int i = 0; i < run->cases.count; i++)
        if (run->ledger.each[i].state == LEDGER_DONE &&
            look_at(&search, &run->ledger.each[i].result, best, err) < 0)
            return -1;
    if (!search.best)
        return refuse(&search, best, path, err);
    if (snprintf(folder, PATH_MAX, "%s/cases/%s", run->folder.run,
                 search.best->case_id) >= PATH_MAX)
        return error_set(err, EXIT_USAGE, "the path %.500s is too long", path);
    tell(&search, best);
    return 0;
}

int best_case_find(const char *run, const struct best_case *best, char folder[PATH_MAX],
                   struct error *err)
{
    struct opened_run opened;
    int status = opened_run_open(&opened, run, err);

    if (status == 0 && *opened.folder.id)
        status = error_set(err, EXIT_USAGE,
                           "--best picks a case of a run directory; %.500s is a case "
                           "already: leave out --best, or name %.500s",
                           run, opened.folder.run);
    if (status == 0)
        status = find(&opened, best, run, folder, err);
    opened_run_close(&opened);
    return status;
}
