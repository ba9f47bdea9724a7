#include "core/report/report_page.h"

#include <string.h>

/* ---- where results come from ---------------------------------------------------------------- */

static bool is_of_same_run(const struct report_entry *a, const struct report_entry *b)
{
    return a->run == b->run;
}

/* Results of one run and group come from the same files. */
static bool has_same_origin(const struct report_entry *a, const struct report_entry *b)
{
    const struct provenance *one = &a->result->provenance,
                            *other = &b->result->provenance;

    return a->run == b->run && strcmp(one->network_hash, other->network_hash) == 0 &&
           strcmp(one->calibration_hash, other->calibration_hash) == 0 &&
           strcmp(one->validation_hash, other->validation_hash) == 0 &&
           a->result->ranks == b->result->ranks &&
           strcmp(one->kernel ? one->kernel : "", other->kernel ? other->kernel : "") ==
               0 &&
           strcmp(one->cpu ? one->cpu : "", other->cpu ? other->cpu : "") == 0;
}

static void write_file(FILE *out, const char *file, const char *hash)
{
    fputs("<td>", out);
    if (file)
        html_print(out, "%s", file);
    if (*hash) {
        fputs("<br><code>", out);
        html_text(out, hash);
        fputs("</code>", out);
    }
    fputs("</td>", out);
}

static void write_origin(FILE *out, const struct report_entry *entry)
{
    const struct result *result = entry->result;
    const struct provenance *from = &result->provenance;

    html_row_begin(out, entry->run->name);
    html_cell(out, "%s", result->model->name);
    write_file(out, result->model->network, from->network_hash);
    write_file(out, result->model->calibration.file, from->calibration_hash);
    write_file(out, result->model->validation.file, from->validation_hash);
    html_cell(out, "%s", from->calq ? from->calq : "");
    html_cell(out, "%s", from->kernel ? from->kernel : "");
    html_cell(out, "%s", from->cpu ? from->cpu : "");
    html_number(out, "%.0f", result->ranks);
    html_row_end(out);
}

static void write_origins(const struct report_page *page)
{
    static const char *const heads[] = {"Run",
                                        "Model",
                                        "Network, hash",
                                        "Calibration data, hash",
                                        "Validation data, hash",
                                        "Version of calq",
                                        "Kernels",
                                        "Kind of CPU",
                                        "Ranks"};

    html_table_begin(page->out, "Files, versions and machines");
    html_heads(page->out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < page->count; i++)
        if (report_is_first(page, i, has_same_origin))
            write_origin(page->out, &page->entries[i]);
    html_table_end(page->out);
}

/* ---- how to repeat it ------------------------------------------------------------------------ */

/* A path for a shell: in quotes where it needs them. */
static void write_path(FILE *out, const char *path)
{
    bool is_plain =
        *path && strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
                              "RSTUVWXYZ0123456789/._-+@%=:,") == strlen(path);

    if (is_plain) {
        html_text(out, path);
        return;
    }
    fputs("&#39;", out);
    for (; *path; path++) {
        char one[2] = {*path, '\0'};

        html_text(out, *path == '\'' ? "'\\''" : one);
    }
    fputs("&#39;", out);
}

void report_word(FILE *out, const char *before, const char *path, const char *after)
{
    char text[2 * 4096];

    fputs(before, out);
    snprintf(text, sizeof text, "%s%s", path, after);
    write_path(out, text);
}

static int ranks_of(const struct report_page *page, const struct report_run *run)
{
    int ranks = 1;

    for (int i = 0; i < page->count; i++)
        if (page->entries[i].run == run && page->entries[i].result->ranks > ranks)
            ranks = page->entries[i].result->ranks;
    return ranks;
}

static void write_commands(const struct report_page *page, const struct report_run *run,
                           const struct report_entry *best)
{
    FILE *out = page->out;

    fputs("<pre tabindex=\"0\"><code># the same results, in a new folder\n", out);
    fprintf(out, "mpirun -n %d calq run", ranks_of(page, run));
    report_word(out, " ", run->path, "/config.yaml");
    fputs(" --set", out);
    report_word(out, " ", "out=", run->path);
    fputs("-again\n", out);
    if (run->config->analysis_count > 0) {
        fputs("# and what was found out about it\n", out);
        report_word(out, "calq analyze all ", run->path, "-again");
        fputs("\n", out);
    }
    fputs("# the best case as an ONNX file, checked against the result\n", out);
    report_word(out, "calq export ", best->one->folder, "");
    fputs(" -o best.onnx\n", out);
    report_word(out, "calq verify best.onnx --against ", best->one->folder, "");
    fputs("\n# this page\ncalq report", out);
    for (int i = 0; i < page->report->run_count; i++)
        report_word(out, " ", page->report->runs[i].path, "");
    fputs(" -o report.html\n</code></pre>\n", out);
}

/* What the run wrote itself; where it is not there, nothing. */
static void write_config(FILE *out, const struct report_run *run)
{
    FILE *file = run->config->path ? fopen(run->config->path, "r") : NULL;
    char text[4096];
    size_t length;

    if (!file)
        return;
    html_details_begin(out, "The whole configuration of %s", run->name);
    fputs("<pre tabindex=\"0\">", out);
    while ((length = fread(text, 1, sizeof text - 1, file)) > 0) {
        text[length] = '\0';
        html_text(out, text);
    }
    fputs("</pre>\n", out);
    html_details_end(out);
    fclose(file);
}

static void write_identity(FILE *out, const struct report_entry *entry)
{
    if (!entry->result->identity)
        return;
    html_details_begin(out, "All that decides the digits of %s", entry->one->id);
    html_element(out, "pre tabindex=\"0\"", "%s", entry->result->identity);
    html_details_end(out);
}

void report_provenance(struct report_page *page)
{
    fputs("<section id=\"provenance\">\n", page->out);
    html_element(page->out, "h2", "Where it comes from, and how to repeat it");
    write_origins(page);
    for (int i = 0; i < page->count; i++) {
        const struct report_entry *entry = &page->entries[i], *best;

        if (i > 0 && is_of_same_run(entry, entry - 1))
            continue;
        best = report_best_of(page, entry);
        html_element(page->out, "h3", "Run %s", entry->run->name);
        write_commands(page, entry->run, best->run == entry->run ? best : entry);
        write_identity(page->out, best->run == entry->run ? best : entry);
        write_config(page->out, entry->run);
    }
    fputs("</section>\n", page->out);
}
