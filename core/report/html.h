/* html.h - the page that holds a report: its frame, text that is escaped, tables. */
#ifndef CORE_REPORT_HTML_H
#define CORE_REPORT_HTML_H

#include <stdio.h>

/* Writes text into a page: &, <, > and quotes become references, control characters a replacement
 * character. */
void html_text(FILE *out, const char *text);

/* The same of a printf format. */
void html_print(FILE *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An element that holds only text: <h2>, <p>, <li> ... `tag` may carry attributes: "p class=\"note\"". */
void html_element(FILE *out, const char *tag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A text as an id or a class: letters, digits and hyphens, the rest as hyphens. */
enum { HTML_ID_BYTES = 96 };
const char *html_id(const char *text, char id[HTML_ID_BYTES]);

/* The beginning of a page up to its <main>, with style and script, and its end. It asks for nothing but
 * itself: its policy forbids that. */
void html_begin(FILE *out, const char *title);
void html_end(FILE *out);

/* ---- tables -------------------------------------------------------------------------------- */

/* A table that can be sorted where scripts run; `caption` is its name. */
void html_table_begin(FILE *out, const char *caption);
void html_table_end(FILE *out);

/* A row of heads, or of cells; the first cell of a row is its head. */
void html_heads(FILE *out, const char *const *heads, int count);
void html_row_begin(FILE *out, const char *head);
void html_row_end(FILE *out);
void html_cell(FILE *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A cell with a number, as printf writes it, by which the column is sorted; empty where it is NaN. */
void html_number(FILE *out, const char *format, double number);

/* The same of a number that is the best of its column. */
void html_best_number(FILE *out, const char *format, double number);

/* A folded part with a line that tells what is in it. */
void html_details_begin(FILE *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void html_details_end(FILE *out);

#endif
