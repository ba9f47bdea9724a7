/* report_page.h - what the sections of a report share: the cases that are done, by model, bits and method. */
#ifndef CORE_REPORT_REPORT_PAGE_H
#define CORE_REPORT_REPORT_PAGE_H

#include "core/format/journal_trace.h"
#include "core/format/result_analysis.h"
#include "core/report/html.h"
#include "core/report/plot.h"
#include "core/report/report.h"

struct report_entry {
    const struct report_run *run;
    const struct report_case *one;
    const struct result *result;
    char *
        method; /* as results call it, with the run's name where there are several; owned */
    int series;   /* of its method, in the figures */
    bool is_best; /* of its model, target and bits */
};

struct report_page {
    FILE *out;
    const struct report *report;
    struct report_entry *entries; /* [count] owned */
    int count;
    int figures; /* so many were drawn */
    int series;  /* so many methods there are */
};

void report_page_init(struct report_page *page, const struct report *report, FILE *out);
void report_page_clear(struct report_page *page);

/* Whether two cases have the same model and target: they stand in one table; and the same bits, or method. */
typedef bool report_same_fn(const struct report_entry *a, const struct report_entry *b);
report_same_fn report_is_of_group, report_has_bits, report_has_method;

/* Whether no entry before in the same group is the same. */
bool report_is_first(const struct report_page *page, int index, report_same_fn *same);

/* The entry of a method with the bits of another, in one group; NULL: there is none. */
const struct report_entry *report_entry_of(const struct report_page *page,
                                           const struct report_entry *method,
                                           const struct report_entry *bits);

/* The best entry with the bits of another, in one group. */
const struct report_entry *report_best_of(const struct report_page *page,
                                          const struct report_entry *bits);

/* "glyphs, target paper", and where the details of a case stand. */
void report_group_text(const struct report_entry *entry, char *text, size_t bytes);
void report_anchor(const struct report_page *page, const struct report_entry *entry,
                   char anchor[HTML_ID_BYTES]);
bool report_has_details(const struct report_page *page,
                        const struct report_entry *entry);

/* Opens and closes the part of a page that is about one group. */
void report_group_begin(const struct report_page *page,
                        const struct report_entry *entry);
void report_group_end(const struct report_page *page);

/* A figure of the page, to be described and begun. */
struct plot report_plot(struct report_page *page, const char *title,
                        const char *description);

/* ---- numbers of a result ------------------------------------------------------------------- */

/* The metric, in per cent where it is a share, its name, unit and format; of the float network. */
double report_metric(const struct result *result, const struct score *score);
const char *report_metric_name(const struct result *result);
const char *report_metric_unit(const struct result *result);
const char *report_metric_format(const struct result *result);

/* The unit of losses: "nats", or "squared units of the output". */
const char *report_loss_unit(const struct result *result);

/* By how much the metric is worse than that of the float network, and the 95 % confidence interval of
 * that; NaN where it is not known. Of shares, in points of a per cent. Newcombe's score interval of the
 * difference of two shares (1998, method 10), which takes them for measured on different samples: that both are
 * of the same ones makes the true interval narrower. */
struct report_drop {
    double drop, low, high;
};
struct report_drop report_drop_of(const struct result *result);
void report_drop_text(const struct report_drop *drop, char *text, size_t bytes);

/* A word of a command for a shell, in quotes where it needs them: a path and a suffix of it behind `before`. */
void report_word(FILE *out, const char *before, const char *path, const char *after);

/* The unit of what an analysis tells, and what it is shown times: shares are shown in per cent. */
const char *report_analysis_unit(const struct findings_name *name);
double report_analysis_factor(const struct findings_name *name);

/* Figures of what the analysis `error` has found; false: it is none. */
bool report_error_figures(struct report_page *page, const struct analysis *analysis);

/* Calls `use` for each analysis of a case, by the names of the files; NULL: that file is none. */
typedef void report_analysis_fn(void *context, const char *file,
                                const struct analysis *analysis);
void report_for_analyses(const struct report_entry *entry, report_analysis_fn *use,
                         void *context);

/* ---- sections ------------------------------------------------------------------------------ */

typedef void report_section_fn(struct report_page *page);
report_section_fn report_summary, report_methods, report_searches, report_cases,
    report_costs, report_provenance, report_keep_in_float;

/* The candidates of a case, where its journal is there and they are worth a figure. Clear whether or not
 * this gives true. */
bool report_read_trace(const struct report_entry *entry, struct journal_trace *trace);

/* Figures of one case. */
void report_trace_figures(struct report_page *page, const struct report_entry *entry);
void report_p_figure(struct report_page *page, const struct report_entry *entry);
void report_step_figures(struct report_page *page, const struct report_entry *entry);
void report_phase_figure(struct report_page *page, const struct report_entry *entry);
void report_analysis_figures(struct report_page *page,
                             const struct report_entry *entry);
void report_mixed_figures(struct report_page *page, const struct report_entry *entry);
void report_step_table(struct report_page *page, const struct report_entry *entry);

#endif
