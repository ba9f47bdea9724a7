#include "core/report/table.h"

#include "core/base/text.h"

#include <math.h>
#include <string.h>

enum { NAME_WIDTH = 40, WIDTH = 102 };

void table_print_head(FILE *out)
{
    fprintf(out, "%-*s %12s %12s %12s %12s %9s\n", NAME_WIDTH, "case", "calibration",
            "validation", "validation", "evaluations", "seconds");
    fprintf(out, "%-*s %12s %12s %12s\n", NAME_WIDTH, "", "loss", "loss", "metric");
}

static void print_loss(FILE *out, const struct score *score)
{
    char text[TEXT_OF_LOSS_BYTES];

    fprintf(out, " %12s",
            score->samples > 0 ? text_of_loss(score_loss(score), text) : "-");
}

static void print_metric(FILE *out, const struct result *result,
                         const struct score *score)
{
    enum metric metric = result->model->metric;
    char text[METRIC_TEXT_BYTES];

    fprintf(out, " %12s", metric_text(metric, score_metric(score, metric), text));
}

static void print_scores(FILE *out, const struct result *result,
                         const struct score *calibration,
                         const struct score *validation)
{
    print_loss(out, calibration);
    print_loss(out, validation);
    print_metric(out, result, validation);
}

/* Of what whole evaluations would have taken. */
static double share_of_work(const struct result *result, int64_t macs)
{
    const struct executor_counters *work = &result->work;

    return (double)macs /
           (double)(work->macs_run + work->macs_avoided + work->macs_dropped);
}

enum { TEXT_MOST = 128 };

/* Adds a part to a line of parts, or begins the next line. */
static void print_part(FILE *out, int *column, const char *part)
{
    int length = (int)strlen(part);

    if (*column > 0 && *column + 2 + length <= WIDTH) {
        fprintf(out, "; %s", part);
        *column += 2 + length;
    } else {
        fprintf(out, "%s  %s", *column > 0 ? ";\n" : "", part);
        *column = 2 + length;
    }
}

static void phase_text(const struct result_phase *phase, char text[TEXT_MOST])
{
    if (phase->evaluations > 0)
        snprintf(text, TEXT_MOST, "%s %ld evaluation%s, %.1f s", phase->name,
                 phase->evaluations, phase->evaluations == 1 ? "" : "s",
                 phase->seconds);
    else
        snprintf(text, TEXT_MOST, "%s %.1f s", phase->name, phase->seconds);
}

static void print_share(FILE *out, const struct result *result, int64_t macs,
                        const char *what, int *column)
{
    char text[TEXT_MOST];

    if (macs == 0)
        return;
    snprintf(text, sizeof text, "%.1f %% of the multiply-adds %s",
             100 * share_of_work(result, macs), what);
    print_part(out, column, text);
}

/* Where evaluations and seconds went. */
static void print_phases(FILE *out, const struct result *result)
{
    char text[TEXT_MOST];
    int column = 0;

    for (int i = 0; i < result->phase_count; i++) {
        phase_text(&result->phases[i], text);
        print_part(out, &column, text);
    }
    print_share(out, result, result->work.macs_avoided, "avoided", &column);
    print_share(out, result, result->work.macs_dropped, "dropped", &column);
    fputc('\n', out);
}

/* What the samples say that the search has not seen. */
static void print_check(FILE *out, const struct result *result)
{
    char loss[TEXT_OF_LOSS_BYTES], at_start[TEXT_OF_LOSS_BYTES];

    if (result->result.check.samples > 0)
        fprintf(out, "  on the %lld held-out samples: loss %s, at the start %s\n",
                (long long)result->result.check.samples,
                text_of_loss(score_loss(&result->result.check), loss),
                text_of_loss(score_loss(&result->start.check), at_start));
}

/* One output is known by validation samples without classes, or by a loss that takes no other. */
static enum loss validation_loss(const struct result *result)
{
    const struct score *validation = &result->float_validation;
    enum loss loss = result->model->loss;
    bool is_number = validation->samples > 0 && validation->labelled == 0;

    return loss_to_validate(loss, is_number ? 1 : loss_table[loss].most_outputs);
}

void table_print_result(FILE *out, const struct result *result,
                        const struct config_model *previous)
{
    if (result->model != previous) {
        char name[256];

        snprintf(name, sizeof name, "%s float", result->model->name);
        fprintf(out, "%-*s", NAME_WIDTH, name);
        print_scores(out, result, &result->float_calibration,
                     &result->float_validation);
        fputc('\n', out);
        if (result->model->loss != LOSS_DEFAULT)
            fprintf(out, "  calibration loss: %s; validation loss: %s; metric: %s\n",
                    loss_table[result->model->loss].name,
                    loss_table[validation_loss(result)].name,
                    metric_table[result->model->metric].name);
    }
    fprintf(out, "%-*s", NAME_WIDTH, result->case_id);
    print_scores(out, result, &result->result.calibration, &result->result.validation);
    fprintf(out, " %12ld %9.1f\n", result_evaluations(result), result->seconds);
    print_phases(out, result);
    print_check(out, result);
    for (int i = 0; i < result->warning_count; i++)
        fprintf(out, "  note: %s\n", result->warnings[i]);
    fflush(out);
}

void table_print_failure(FILE *out, const char *case_id)
{
    fprintf(out, "%-*s %12s\n", NAME_WIDTH, case_id, "failed");
    fflush(out);
}
