#include "coordinator/analyze/hessian.h"

#include "coordinator/analyze/loss_line.h"
#include "core/base/memory.h"
#include "core/quant/eigenvalues.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- settings ------------------------------------------------------------------------------- */

enum steps_of { STEPS_OF_ALL, STEPS_OF_ACTIVATIONS, STEPS_OF_WEIGHTS };

struct hessian_settings {
    enum steps_of of;
    double width; /* the least */
};

static_assert(sizeof(struct hessian_settings) <= CONFIG_OWN_BYTES,
              "raise CONFIG_OWN_BYTES");

#define OWN(member) CONFIG_ANALYSIS_OWN(hessian_settings, member)

static const char *const steps[] = {[STEPS_OF_ALL] = "all",
                                    [STEPS_OF_ACTIVATIONS] = "activations",
                                    [STEPS_OF_WEIGHTS] = "weights"};

static const struct config_field fields[] = {
    {"of", KIND_WORD, OWN(of), "all", .help = "whose steps are changed",
     .words = CONFIG_WORDS(steps), .only = "hessian"},
    {"width", KIND_REAL, OWN(width), "0.08", .range = {1e-6, 0.2},
     .help = "least change of the logarithm of a step; twice, four and eight times as "
             "much where the loss is too jagged for that",
     .only = "hessian"},
};

const struct config_section hessian_section = CONFIG_FIELDS(fields);

/* ---- the steps ------------------------------------------------------------------------------ */

struct hessian {
    struct analysis_task *task;
    const struct hessian_settings *settings;
    const struct choice *point; /* borrowed */
    int *items;                 /* [count] owned */
    int count;
    struct loss_line *lines; /* [count] owned */
    double *matrix, *noise;  /* [count, count] owned */
};

static bool is_of(const struct hessian *hessian, int item)
{
    static const bool takes[][2] = {[STEPS_OF_ALL] = {true, true},
                                    [STEPS_OF_ACTIVATIONS] = {true, false},
                                    [STEPS_OF_WEIGHTS] = {false, true}};
    const struct quantized_tensor *tensor =
        &hessian->task->result->placement->items[item];

    return hessian->point[item].step > 0 &&
           takes[hessian->settings->of][tensor->is_weight];
}

static int find_items(struct hessian *hessian, struct error *err)
{
    int items = hessian->task->result->placement->count;

    hessian->items = memory_get((size_t)items * sizeof *hessian->items);
    for (int item = 0; item < items; item++)
        if (is_of(hessian, item))
            hessian->items[hessian->count++] = item;
    return hessian->count > 0
               ? 0
               : error_set(err, EXIT_CONFIG,
                           "a Hessian needs steps, and `of: %s` of this case has none",
                           steps[hessian->settings->of]);
}

/* Of the points on a line: the least width is two of them. */
static double spacing_of(const struct hessian *hessian)
{
    return hessian->settings->width / loss_line_spacings(0);
}

/* Moves the step of one of the tensors by so many spacings of its logarithm. */
static void move(const struct hessian *hessian, int index, int spacings,
                 struct choice *choices)
{
    int item = hessian->items[index];
    const struct quantized_tensor *tensor =
        &hessian->task->result->placement->items[item];
    double factor = exp(spacings * spacing_of(hessian));

    choices[item] =
        placement_put_step(tensor, choices[item], (float)(choices[item].step * factor));
}

/* ---- the diagonal --------------------------------------------------------------------------- */

/* The point is one of the line, and known. */
static int find_line(struct hessian *hessian, int index, struct error *err)
{
    size_t items = (size_t)hessian->task->result->placement->count;
    struct choice *points =
        analysis_points(hessian->task, hessian->point, LOSS_LINE_POINTS);
    struct score scores[LOSS_LINE_POINTS];
    double losses[LOSS_LINE_POINTS];
    int status;

    for (int i = 0; i < LOSS_LINE_POINTS; i++)
        if (i != LOSS_LINE_REACH)
            move(hessian, index, i - LOSS_LINE_REACH, points + (size_t)i * items);
    status = analysis_score(hessian->task, points, LOSS_LINE_POINTS, scores, err);
    for (int i = 0; status == 0 && i < LOSS_LINE_POINTS; i++)
        losses[i] = score_loss(&scores[i]);
    if (status == 0)
        hessian->lines[index] = loss_line_of(losses, spacing_of(hessian));
    free(points);
    return status;
}

static int find_diagonal(struct hessian *hessian, struct error *err)
{
    for (int i = 0; i < hessian->count; i++) {
        const struct loss_line *line = &hessian->lines[i];
        int at = i * hessian->count + i;

        if (find_line(hessian, i, err) < 0)
            return -1;
        hessian->matrix[at] = line->curvatures[line->chosen];
        hessian->noise[at] = line->scatters[line->chosen];
    }
    return 0;
}

/* ---- what is beside it ---------------------------------------------------------------------- */

/* In spacings, and as a change of the logarithm. */
static int spacings_of(const struct hessian *hessian, int index)
{
    return loss_line_spacings(hessian->lines[index].chosen);
}

static double width_of(const struct hessian *hessian, int index)
{
    return spacings_of(hessian, index) * spacing_of(hessian);
}

/* What a loss strays by, if three of them make the scatter of a second difference: 1, -2, 1 times. */
static double stray_of(const struct hessian *hessian, int index)
{
    double width = width_of(hessian, index);

    return hessian->noise[index * hessian->count + index] * width * width / sqrt(6);
}

/* The four corners of a pair, whose losses are taken together with these signs. */
static const struct corner {
    int left, right, sign;
} corners[] = {{1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
enum { CORNERS = sizeof corners / sizeof *corners };

static void take_pair(struct hessian *hessian, int i, int j,
                      const struct score scores[CORNERS])
{
    double area = width_of(hessian, i) * width_of(hessian, j), sum = 0;
    int count = hessian->count;

    for (int k = 0; k < CORNERS; k++)
        sum += corners[k].sign * score_loss(&scores[k]);
    hessian->matrix[i * count + j] = hessian->matrix[j * count + i] = sum / (4 * area);
    hessian->noise[i * count + j] = hessian->noise[j * count + i] =
        fmax(stray_of(hessian, i), stray_of(hessian, j)) / (2 * area);
}

/* All pairs of one tensor with later ones: they share what comes before. */
static int find_row(struct hessian *hessian, int i, struct error *err)
{
    size_t items = (size_t)hessian->task->result->placement->count;
    int pairs = hessian->count - i - 1;
    struct choice *points =
        analysis_points(hessian->task, hessian->point, pairs * CORNERS);
    struct score *scores = memory_get((size_t)(pairs * CORNERS) * sizeof *scores);
    int status;

    for (int pair = 0; pair < pairs; pair++)
        for (int k = 0; k < CORNERS; k++) {
            struct choice *choices = points + (size_t)(pair * CORNERS + k) * items;
            int j = i + 1 + pair;

            move(hessian, i, corners[k].left * spacings_of(hessian, i), choices);
            move(hessian, j, corners[k].right * spacings_of(hessian, j), choices);
        }
    status = analysis_score(hessian->task, points, pairs * CORNERS, scores, err);
    for (int pair = 0; status == 0 && pair < pairs; pair++)
        take_pair(hessian, i, i + 1 + pair, scores + pair * CORNERS);
    free(points);
    free(scores);
    return status;
}

static int find_matrix(struct hessian *hessian, struct error *err)
{
    if (find_diagonal(hessian, err) < 0)
        return -1;
    for (int i = 0; i + 1 < hessian->count; i++)
        if (find_row(hessian, i, err) < 0)
            return -1;
    return 0;
}

/* ---- what it tells: by tensors ---------------------------------------------------------------- */

static struct findings_name named(const char *name, const char *meaning,
                                  const char *unit)
{
    return (struct findings_name){name, meaning, unit};
}

static int add_tensors(const struct hessian *hessian, struct findings *findings,
                       const char *name)
{
    const struct quantized_tensor *items = hessian->task->result->placement->items;
    const char **names = memory_get((size_t)hessian->count * sizeof *names);
    int axis;

    for (int i = 0; i < hessian->count; i++)
        names[i] = items[hessian->items[i]].name;
    axis = findings_add_text_axis(findings,
                                  named(name, "tensors, in the order of execution", ""),
                                  hessian->count, names);
    free(names);
    return axis;
}

static int add_widths(const struct hessian *hessian, struct findings *findings)
{
    double widths[LOSS_LINE_WIDTHS];

    for (int i = 0; i < LOSS_LINE_WIDTHS; i++)
        widths[i] = loss_line_spacings(i) * spacing_of(hessian);
    return findings_add_axis(
        findings,
        named("width", "of central differences, a change of the logarithm of the step",
              ""),
        LOSS_LINE_WIDTHS, widths);
}

static void tell_matrices(const struct hessian *hessian, struct findings *findings,
                          const int axes[2])
{
    const char *unit = analysis_loss_unit(hessian->task);
    size_t bytes = (size_t)(hessian->count * hessian->count) * sizeof *hessian->matrix;

    memcpy(findings_add_variable(findings,
                                 named("hessian",
                                       "second derivatives of the loss by the "
                                       "logarithms of two steps",
                                       unit),
                                 axes, 2),
           hessian->matrix, bytes);
    memcpy(findings_add_variable(findings,
                                 named("noise",
                                       "by how much jags of the loss may change a "
                                       "second derivative: a standard deviation",
                                       unit),
                                 axes, 2),
           hessian->noise, bytes);
}

static void tell_lines(const struct hessian *hessian, struct findings *findings,
                       int tensors)
{
    const char *unit = analysis_loss_unit(hessian->task);
    int axes[] = {tensors, add_widths(hessian, findings)};
    double *curvatures = findings_add_variable(
        findings,
        named("curvature", "second derivative by the logarithm of one step", unit),
        axes, 2);
    double *gradient = findings_add_variable(
        findings, named("gradient", "derivative by the logarithm of one step", unit),
        axes, 1);
    double *width = findings_add_variable(
        findings,
        named("width_taken", "the width at which jags scatter little", "of the step"),
        axes, 1);

    for (int i = 0; i < hessian->count; i++) {
        const struct loss_line *line = &hessian->lines[i];

        memcpy(curvatures + i * LOSS_LINE_WIDTHS, line->curvatures,
               sizeof line->curvatures);
        gradient[i] = line->slopes[line->chosen];
        width[i] = width_of(hessian, i);
    }
}

/* ---- what it tells: shares -------------------------------------------------------------------- */

/* Sums of magnitudes on the diagonal and beside it; of those alone that jags do not explain: twice the noise. */
struct masses {
    double on, beside, adjacent;
    double on_resolved, beside_resolved;
};

static struct masses weigh(const struct hessian *hessian)
{
    struct masses masses = {0};
    int count = hessian->count;

    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            double mass = fabs(hessian->matrix[i * count + j]);
            bool is_resolved = mass > 2 * hessian->noise[i * count + j];

            *(i == j ? &masses.on : &masses.beside) += mass;
            if (is_resolved)
                *(i == j ? &masses.on_resolved : &masses.beside_resolved) += mass;
            if (j == i + 1)
                masses.adjacent += mass;
        }
    return masses;
}

static double share_beside(double on, double beside)
{
    return on + beside > 0 ? beside / (on + beside) : NAN;
}

static void tell_masses(const struct hessian *hessian, struct findings *findings)
{
    struct masses masses = weigh(hessian);
    const char *unit = analysis_loss_unit(hessian->task);
    int count = hessian->count, resolved = 0;

    for (int i = 0; i < count; i++)
        resolved += hessian->lines[i].is_resolved;
    findings_add_fact(findings,
                      named("off_diagonal_share",
                            "of all magnitudes: 0 where the loss is a sum over tensors",
                            "share"),
                      share_beside(masses.on, masses.beside));
    findings_add_fact(
        findings,
        named("off_diagonal_share_resolved",
              "the same of elements that are larger than twice their noise", "share"),
        share_beside(masses.on_resolved, masses.beside_resolved));
    findings_add_fact(findings,
                      named("mean_diagonal", "of magnitudes on the diagonal", unit),
                      masses.on / count);
    if (count > 1) {
        findings_add_fact(findings,
                          named("mean_adjacent", "of magnitudes of neighbours", unit),
                          masses.adjacent / (count - 1));
        findings_add_fact(
            findings, named("mean_off_diagonal", "of all beside the diagonal", unit),
            masses.beside / ((double)count * (count - 1)));
    }
    findings_add_fact(findings,
                      named("resolved_tensors",
                            "whose curvature stands out of the jags at some width", ""),
                      resolved);
}

/* ---- what it tells: curvature ----------------------------------------------------------------- */

/* The Gaussian curvature of a matrix that is spoilt, and of a gradient: as eigenvalues tell the determinant. */
struct curvature {
    double logarithm, sign; /* decimal */
    int negative;           /* eigenvalues */
};

static struct curvature curvature_of(const double *eigenvalues, int count,
                                     double gradient_squared)
{
    struct curvature curvature = {-2 * log10(1 + gradient_squared), 1, 0};

    for (int i = 0; i < count; i++) {
        curvature.logarithm += log10(fabs(eigenvalues[i]));
        curvature.negative += eigenvalues[i] < 0;
    }
    curvature.sign = curvature.negative % 2 ? -1 : 1;
    return curvature;
}

static double slope_of(const struct hessian *hessian, int index)
{
    const struct loss_line *line = &hessian->lines[index];

    return line->slopes[line->chosen];
}

/* By the clips themselves: d/dc = (d/d log c) / c, and of the diagonal the slope goes away once more. */
static double by_clips(const struct hessian *hessian, double *matrix)
{
    int count = hessian->count;
    double squares = 0;

    for (int i = 0; i < count; i++) {
        double clip = choice_clip(hessian->point[hessian->items[i]]);

        matrix[i * count + i] -= slope_of(hessian, i);
        for (int j = 0; j < count; j++) {
            matrix[i * count + j] /= clip;
            matrix[j * count + i] /= clip;
        }
        squares += pow(slope_of(hessian, i) / clip, 2);
    }
    return squares;
}

static void tell_curvature(struct findings *findings, const char *name,
                           const char *sign, const char *of, struct curvature curvature)
{
    char meaning[160];

    snprintf(meaning, sizeof meaning,
             "decimal logarithm of |K|, K = det H / (|g|^2 + "
             "1)^2, %s",
             of);
    findings_add_fact(findings, named(name, meaning, ""), curvature.logarithm);
    findings_add_fact(findings, named(sign, "1 or -1", ""), curvature.sign);
}

static void tell_spectrum(const struct hessian *hessian, struct findings *findings,
                          const double *values, struct curvature curvature)
{
    const char *unit = analysis_loss_unit(hessian->task);
    double *numbers = memory_get((size_t)hessian->count * sizeof *numbers);
    int axis;

    for (int i = 0; i < hessian->count; i++)
        numbers[i] = i + 1;
    axis = findings_add_axis(findings, named("order", "the largest first", ""),
                             hessian->count, numbers);
    memcpy(findings_add_variable(findings, named("eigenvalue", "of the Hessian", unit),
                                 &axis, 1),
           values, (size_t)hessian->count * sizeof *values);
    findings_add_fact(findings,
                      named("negative_eigenvalues", "directions that bend down", ""),
                      curvature.negative);
    free(numbers);
}

static void tell_eigenvalues(const struct hessian *hessian, struct findings *findings)
{
    size_t count = (size_t)hessian->count;
    double *values = memory_get(count * sizeof *values), squares = 0;
    double *matrix = memory_copy(hessian->matrix, count * count * sizeof *matrix);
    struct curvature curvature;

    for (int i = 0; i < hessian->count; i++)
        squares += slope_of(hessian, i) * slope_of(hessian, i);
    eigenvalues_of_symmetric(matrix, count, values);
    curvature = curvature_of(values, hessian->count, squares);
    tell_spectrum(hessian, findings, values, curvature);
    tell_curvature(findings, "log10_curvature", "curvature_sign",
                   "by the logarithms of steps", curvature);
    memcpy(matrix, hessian->matrix, count * count * sizeof *matrix);
    squares = by_clips(hessian, matrix);
    eigenvalues_of_symmetric(matrix, count, values);
    curvature = curvature_of(values, hessian->count, squares);
    tell_curvature(findings, "log10_curvature_of_clips", "curvature_of_clips_sign",
                   "by clips, as in the paper", curvature);
    free(matrix);
    free(values);
}

static bool is_finite(const struct hessian *hessian)
{
    for (int i = 0; i < hessian->count * hessian->count; i++)
        if (!isfinite(hessian->matrix[i]))
            return false;
    return true;
}

static void tell(const struct hessian *hessian, struct findings *findings)
{
    int axes[2];

    axes[0] = add_tensors(hessian, findings, "tensor");
    axes[1] = add_tensors(hessian, findings, "other");
    tell_matrices(hessian, findings, axes);
    tell_lines(hessian, findings, axes[0]);
    analysis_add_score_facts(hessian->task, findings, "point_", "of the case's result",
                             &hessian->task->result->result.calibration);
    if (!is_finite(hessian)) {
        result_warn(hessian->task->result,
                    "the loss is not finite near the result: the Hessian has no "
                    "eigenvalues");
        return;
    }
    tell_masses(hessian, findings);
    tell_eigenvalues(hessian, findings);
}

static int run(struct analysis_task *task, struct findings *findings, struct error *err)
{
    struct hessian hessian = {
        .task = task,
        .settings = (const void *)task->settings->own,
        .point = task->result->result.choices,
    };
    int status = find_items(&hessian, err);

    if (status == 0) {
        size_t count = (size_t)hessian.count;

        hessian.lines = memory_zeroed(count, sizeof *hessian.lines);
        hessian.matrix = memory_zeroed(count * count, sizeof *hessian.matrix);
        hessian.noise = memory_zeroed(count * count, sizeof *hessian.noise);
        status = find_matrix(&hessian, err);
    }
    if (status == 0)
        tell(&hessian, findings);
    free(hessian.items);
    free(hessian.lines);
    free(hessian.matrix);
    free(hessian.noise);
    return status;
}

const struct analysis_kind hessian_analysis = {
    {"hessian", "second derivatives of the loss by steps: curvature, separability"},
    .needs_point = true,
    .run = run,
};
