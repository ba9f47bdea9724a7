#include "core/report/report.h"

#include "core/base/version.h"
#include "core/report/report_page.h"

#include <stdlib.h>
#include <string.h>

/* The sections in their order; those that have nothing to say write nothing. */
static const struct section {
    const char *id, *name;
    report_section_fn *write;
} sections[] = {
    {"summary", "Summary", report_summary},
    {"methods", "Methods by bits", report_methods},
    {"searches", "Searches", report_searches},
    {"cases", "Cases", report_cases},
    {"costs", "Costs", report_costs},
    {"provenance", "Provenance", report_provenance},
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static void write_title(const struct report *report, char *title, size_t bytes)
{
    size_t at = (size_t)snprintf(title, bytes, "calq: %s", report->runs[0].name);

    for (int i = 1; i < report->run_count && at < bytes; i++)
        at += (size_t)snprintf(title + at, bytes - at, ", %s", report->runs[i].name);
}

/* ---- the head of the page ------------------------------------------------------------------- */

static bool is_same_model(const struct report_page *page, int index, int before)
{
    return strcmp(page->entries[index].result->model->name,
                  page->entries[before].result->model->name) == 0;
}

static bool is_new_model(const struct report_page *page, int index)
{
    for (int before = 0; before < index; before++)
        if (is_same_model(page, index, before))
            return false;
    return true;
}

static void write_filter(const struct report_page *page)
{
    bool has_several = false;

    for (int i = 1; i < page->count; i++)
        has_several |= !is_same_model(page, i, 0);
    if (!has_several)
        return;
    fputs("<p class=\"filter\" hidden><label for=\"only\">Show </label>"
          "<select id=\"only\"><option value=\"\">all models</option>",
          page->out);
    for (int i = 0; i < page->count; i++)
        if (is_new_model(page, i))
            html_element(page->out, "option", "%s",
                         page->entries[i].result->model->name);
    fputs("</select></p>\n", page->out);
}

static void write_head(const struct report_page *page)
{
    int cases = 0;

    for (int i = 0; i < page->report->run_count; i++)
        cases += page->report->runs[i].count;
    html_element(page->out, "p class=\"soft\"",
                 "%d of %d cases are done. Written by calq %s.", page->count, cases,
                 version());
    write_filter(page);
}

/* ---- the page ------------------------------------------------------------------------------- */

/* What a section writes; NULL: nothing. Owned by the caller. */
static char *section_text(struct report_page *page, const struct section *section)
{
    FILE *out = page->out;
    char *text = NULL;
    size_t size = 0;

    page->out = open_memstream(&text, &size);
    if (page->out) {
        section->write(page);
        fclose(page->out);
    }
    page->out = out;
    if (size > 0)
        return text;
    free(text);
    return NULL;
}

static void write_navigation(FILE *out, char *const texts[SECTIONS])
{
    fputs("<nav aria-label=\"Sections\"><ul>\n", out);
    for (int i = 0; i < SECTIONS; i++)
        if (texts[i])
            fprintf(out, "<li><a href=\"#%s\">%s</a></li>\n", sections[i].id,
                    sections[i].name);
    fputs("</ul></nav>\n</header>\n<main>\n", out);
}

static void write_page(struct report_page *page)
{
    char title[512], *texts[SECTIONS];

    write_title(page->report, title, sizeof title);
    for (int i = 0; i < SECTIONS; i++)
        texts[i] = section_text(page, &sections[i]);
    html_begin(page->out, title);
    write_head(page);
    write_navigation(page->out, texts);
    for (int i = 0; i < SECTIONS; i++) {
        if (texts[i])
            fputs(texts[i], page->out);
        free(texts[i]);
    }
    html_end(page->out);
}

int report_write(const struct report *report, FILE *out, struct error *err)
{
    struct report_page page;
    int status = 0;

    report_page_init(&page, report, out);
    if (page.count > 0)
        write_page(&page);
    else
        status =
            error_set(err, EXIT_USAGE, "no case is done in %.500s; see `calq status`",
                      report->runs[0].path);
    report_page_clear(&page);
    return status;
}
