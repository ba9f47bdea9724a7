#include "core/report/run_compare.h"

#include "core/base/text.h"

#include <math.h>
#include <string.h>

/* ---- whether ---------------------------------------------------------------------------------- */

static bool are_scores_same(const struct score *a, const struct score *b)
{
    return a->samples == b->samples && score_is_equal(a, b) &&
           memcmp(a->metrics, b->metrics, sizeof a->metrics) == 0;
}

static bool is_same_tensor(const struct result *a, int index, const struct result *b,
                           int other)
{
    return a->tensors[index].is_weight == b->tensors[other].is_weight &&
           strcmp(a->tensors[index].name, b->tensors[other].name) == 0;
}

static bool are_tensors_same(const struct result *a, const struct result *b)
{
    for (int i = 0; i < a->step_count; i++)
        if (!is_same_tensor(a, i, b, i))
            return false;
    return true;
}

bool run_compare_is_same(const struct result *a, const struct result *b)
{
    return a->step_count == b->step_count && are_tensors_same(a, b) &&
           choices_are_same(a->result.choices, b->result.choices, a->step_count) &&
           strcmp(a->state_checksum, b->state_checksum) == 0 &&
           are_scores_same(&a->result.calibration, &b->result.calibration) &&
           are_scores_same(&a->result.check, &b->result.check) &&
           are_scores_same(&a->result.validation, &b->result.validation);
}

/* ---- what ------------------------------------------------------------------------------------- */

static void print_scores(const struct result *a, const struct result *b, FILE *out)
{
    enum metric metric = a->model->metric;
    char text[2][METRIC_TEXT_BYTES], loss[2][TEXT_OF_LOSS_BYTES];

    fprintf(out, "    loss %s, %s",
            text_of_loss(score_loss(&a->result.calibration), loss[0]),
            text_of_loss(score_loss(&b->result.calibration), loss[1]));
    if (a->result.validation.samples > 0 && b->result.validation.samples > 0)
        fprintf(
            out, "; %s %s, %s", metric_table[metric].name,
            metric_text(metric, score_metric(&a->result.validation, metric), text[0]),
            metric_text(metric, score_metric(&b->result.validation, metric), text[1]));
    fprintf(out, "; evaluations %ld, %ld\n", result_evaluations(a),
            result_evaluations(b));
}

/* The tensor of the same name there; -1: there is none. */
static int twin_of(const struct result *a, int index, const struct result *b)
{
    for (int other = 0; other < b->step_count; other++)
        if (is_same_tensor(a, index, b, other))
            return other;
    return -1;
}

static const char *kind_of(const struct result *result, int index)
{
    return result->tensors[index].is_weight ? "weights" : "activations";
}

/* Tensors of both runs. */
struct differences {
    int steps, widths, alone; /* other steps; other bits or grids; only in the first */
    int most, most_there;     /* whose step differs most, and its twin; -1: none */
    double ratio;             /* of that: step there / step here */
};

static void add_difference(struct differences *found, const struct result *a, int index,
                           const struct result *b, int other)
{
    struct choice here = a->result.choices[index], there = b->result.choices[other];
    double ratio = here.step > 0 && there.step > 0 ? there.step / here.step : 1;

    found->widths += here.bits != there.bits || here.grid != there.grid ||
                     here.zero != there.zero || (here.step > 0) != (there.step > 0);
    found->steps += here.step != there.step; // NOLINT: to the last bit
    if (fabs(log(ratio)) > fabs(log(found->ratio))) {
        found->most = index;
        found->most_there = other;
        found->ratio = ratio;
    }
}

static struct differences find_differences(const struct result *a,
                                           const struct result *b)
{
    struct differences found = {.most = -1, .ratio = 1};

    for (int i = 0; i < a->step_count; i++) {
        int other = twin_of(a, i, b);

        if (other < 0)
            found.alone++;
        else
            add_difference(&found, a, i, b, other);
    }
    return found;
}

static void print_steps(const struct result *a, const struct result *b,
                        const char *const names[2], FILE *out)
{
    struct differences found = find_differences(a, b);
    int alone_there = find_differences(b, a).alone;

    fprintf(out, "    %d of %d steps differ", found.steps, a->step_count - found.alone);
    if (found.most >= 0)
        fprintf(
            out, ", most that of %s %s: %.6g, %.6g (%+.2f %%)", kind_of(a, found.most),
            a->tensors[found.most].name, (double)a->result.choices[found.most].step,
            (double)b->result.choices[found.most_there].step, 100 * (found.ratio - 1));
    fputc('\n', out);
    if (found.widths > 0)
        fprintf(out, "    %d tensors have other bits, grids or zero-points\n",
                found.widths);
    if (found.alone > 0)
        fprintf(out, "    %d tensors are quantized in %s only\n", found.alone,
                names[0]);
    if (alone_there > 0)
        fprintf(out, "    %d tensors are quantized in %s only\n", alone_there,
                names[1]);
    if (found.steps == 0 && strcmp(a->state_checksum, b->state_checksum) != 0)
        fputs(
            "    the states differ: codes of weights, or statistics and corrections of "
            "layers\n",
            out);
}

/* ---- why -------------------------------------------------------------------------------------- */

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    line += line_length(line);
    return line + (*line == '\n');
}

/* What stands behind the key of a line in another identity; NULL: it has no such key. */
static const char *value_of(const char *identity, const char *line)
{
    size_t key = strcspn(line, ":\n");

    for (; *identity; identity = next_line(identity))
        if (strcspn(identity, ":\n") == key && memcmp(identity, line, key) == 0)
            return identity + key + (identity[key] == ':') +
                   (identity[key] == ':' && identity[key + 1] == ' ');
    return NULL;
}

static void print_line(const char *key, int key_length, const char *a, const char *b,
                       FILE *out)
{
    fprintf(out, "    why: %.*s: %.*s, %.*s\n", key_length, key,
            (int)line_length(a ? a : "none"), a ? a : "none",
            (int)line_length(b ? b : "none"), b ? b : "none");
}

/* The lines of one identity that the other has not, or with another value; `is_second`: of those only which
 * the first has not at all. */
static int print_lines(const char *from, const char *other, bool is_second, FILE *out)
{
    int count = 0;

    for (const char *line = from; *line; line = next_line(line)) {
        const char *here = value_of(from, line), *there = value_of(other, line);
        size_t length = line_length(here);

        if (is_second ? there != NULL
                      : there && length == line_length(there) &&
                            memcmp(here, there, length) == 0)
            continue;
        print_line(line, (int)strcspn(line, ":\n"), is_second ? there : here,
                   is_second ? here : there, out);
        count++;
    }
    return count;
}

static int print_words(const char *what, const char *a, const char *b, FILE *out)
{
    if (strcmp(a ? a : "", b ? b : "") == 0)
        return 0;
    fprintf(out, "    why: %s: %s, %s\n", what, a ? a : "not known",
            b ? b : "not known");
    return 1;
}

static int print_budget(const struct result *result, const char *name, FILE *out)
{
    if (!result->budget.is_spent)
        return 0;
    fprintf(out, "    why: in %s a budget of %s ended the search\n", name,
            result->budget.seconds > 0 ? "seconds" : "evaluations");
    return 1;
}

static void print_reasons(const struct result *a, const struct result *b,
                          const char *const names[2], FILE *out)
{
    const char *here = a->identity ? a->identity : "",
               *there = b->identity ? b->identity : "";
    int count = print_lines(here, there, false, out);

    count += print_lines(there, here, true, out);
    count += print_budget(a, names[0], out) + print_budget(b, names[1], out);
    count +=
        print_words("version of calq", a->provenance.calq, b->provenance.calq, out);
    if (count > 0)
        return;
    print_words("kind of CPU", a->provenance.kernel, b->provenance.kernel, out);
    fputs(
        "    nothing that decides digits differs: a machine has failed, or calq; `calq "
        "doctor` tests both\n",
        out);
}

void run_compare_print(const struct result *a, const struct result *b,
                       const char *const names[2], FILE *out)
{
    if (run_compare_is_same(a, b)) {
        fprintf(out, "%s: the same to the last bit\n", a->case_id);
        return;
    }
    fprintf(out, "%s: differs\n", a->case_id);
    print_scores(a, b, out);
    print_steps(a, b, names, out);
    print_reasons(a, b, names, out);
}
