#include "core/report/html.h"

#include "core/report/html_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- text ----------------------------------------------------------------------------------- */

static void write_character(FILE *out, char character)
{
    switch (character) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '"':
        fputs("&quot;", out);
        break;
    case '\'':
        fputs("&#39;", out);
        break;
    default:
        if ((unsigned char)character >= ' ' || character == '\n' || character == '\t')
            fputc(character, out);
        else
            fputs("\xef\xbf\xbd", out); /* U+FFFD */
    }
}

void html_text(FILE *out, const char *text)
{
    for (; *text; text++)
        write_character(out, *text);
}

static void print(FILE *out, const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) >= 0)
        html_text(out, text);
    free(text);
}

void html_print(FILE *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print(out, format, arguments);
    va_end(arguments);
}

void html_element(FILE *out, const char *tag, const char *format, ...)
{
    va_list arguments;

    fprintf(out, "<%s>", tag);
    va_start(arguments, format);
    print(out, format, arguments);
    va_end(arguments);
    fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

const char *html_id(const char *text, char id[HTML_ID_BYTES])
{
    size_t length = 0;

    for (; *text && length < HTML_ID_BYTES - 1; text++)
        id[length++] = isalnum((unsigned char)*text) ? *text : '-';
    id[length] = '\0';
    return id;
}

/* ---- the page ------------------------------------------------------------------------------- */

void html_begin(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
          "&#39;none&#39;; style-src &#39;unsafe-inline&#39;; script-src "
          "&#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action "
          "&#39;none&#39;\">\n",
          out);
    html_element(out, "title", "%s", title);
    fprintf(out, "<style>\n%s</style>\n</head>\n<body>\n", html_style);
    fputs("<a class=\"skip\" href=\"#summary\">To the summary</a>\n<header>\n", out);
    html_element(out, "h1", "%s", title);
}

void html_end(FILE *out)
{
    fprintf(out, "</main>\n<script>\n%s</script>\n</body>\n</html>\n", html_script);
}

/* ---- tables --------------------------------------------------------------------------------- */

/* It scrolls where the page is narrow, so keys must reach it. */
void html_table_begin(FILE *out, const char *caption)
{
    fputs("<div class=\"scroll\" tabindex=\"0\">\n<table>\n", out);
    html_element(out, "caption", "%s", caption);
}

void html_table_end(FILE *out)
{
    fputs("</tbody>\n</table>\n</div>\n", out);
}

void html_heads(FILE *out, const char *const *heads, int count)
{
    fputs("<thead><tr>", out);
    for (int i = 0; i < count; i++) {
        fputs("<th scope=\"col\">", out);
        html_text(out, heads[i]);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void html_row_begin(FILE *out, const char *head)
{
    fputs("<tr><th scope=\"row\">", out);
    html_text(out, head);
    fputs("</th>", out);
}

void html_row_end(FILE *out)
{
    fputs("</tr>\n", out);
}

void html_cell(FILE *out, const char *format, ...)
{
    va_list arguments;

    fputs("<td>", out);
    va_start(arguments, format);
    print(out, format, arguments);
    va_end(arguments);
    fputs("</td>", out);
}

/* The format is one of our own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void write_number(FILE *out, const char *class, const char *format,
                         double number)
{
    fprintf(out, "<td class=\"%s\">", class);
    if (!isnan(number))
        fprintf(out, format, number);
    fputs("</td>", out);
}
#pragma GCC diagnostic pop

void html_number(FILE *out, const char *format, double number)
{
    write_number(out, "n", format, number);
}

void html_best_number(FILE *out, const char *format, double number)
{
    write_number(out, "n best", format, number);
}

/* ---- folded parts --------------------------------------------------------------------------- */

void html_details_begin(FILE *out, const char *format, ...)
{
    va_list arguments;

    fputs("<details>\n<summary>", out);
    va_start(arguments, format);
    print(out, format, arguments);
    va_end(arguments);
    fputs("</summary>\n", out);
}

void html_details_end(FILE *out)
{
    fputs("</details>\n", out);
}
