#include "core/report/report_page.h"

#include <math.h>
#include <string.h>

/* The front of the predicted loss by cost, and what was evaluated of it. */

static struct axis cost_axis(const struct result_mixed *mixed)
{
    return axis_of("cost", mixed->budget);
}

/* Neighbours of the best are known as they are rounded only. */
static double loss_of(const struct result_mixed_point *point)
{
    return isfinite(point->loss) ? point->loss : point->rounded;
}

static void draw_front(struct plot *plot, const struct result_mixed *mixed)
{
    char text[512];

    for (int i = 0; i < mixed->front_count; i++) {
        const struct result_mixed_point *point = &mixed->front[i];

        if (i > 0)
            plot_link(plot, 0, point[-1].cost, point[-1].predicted, point->cost,
                      point->predicted);
        snprintf(text, sizeof text, "cost %.5g: predicted %.5g; bits %.300s",
                 point->cost, point->predicted, point->bits);
        plot_point(plot, 0, true, point->cost, point->predicted, text);
    }
    for (int i = 0; i < mixed->tried_count; i++) {
        snprintf(text, sizeof text, "cost %.5g: loss %.5g; bits %.300s",
                 mixed->tried[i].cost, loss_of(&mixed->tried[i]), mixed->tried[i].bits);
        plot_point(plot, 1, false, mixed->tried[i].cost, loss_of(&mixed->tried[i]),
                   text);
    }
    snprintf(text, sizeof text, "chosen: cost %.5g, loss %.5g", mixed->chosen.cost,
             loss_of(&mixed->chosen));
    plot_point(plot, 2, false, mixed->chosen.cost, loss_of(&mixed->chosen), text);
    plot_end_drawing(plot);
    plot_key_hollow(plot, 0, "least predicted loss");
    plot_key(plot, 1, "evaluated");
    plot_key(plot, 2, "chosen");
    plot_end_keys(plot);
}

static void write_front_table(FILE *out, const struct result_mixed *mixed)
{
    static const char *const heads[] = {"Cost", "Predicted loss", "Bits of each group"};
    char text[32];

    html_details_begin(out, "Values of the front");
    html_table_begin(out, "Least predicted loss by cost");
    html_heads(out, heads, sizeof heads / sizeof *heads);
    for (int i = 0; i < mixed->front_count; i++) {
        snprintf(text, sizeof text, "%.6g", mixed->front[i].cost);
        html_row_begin(out, text);
        html_number(out, "%.6g", mixed->front[i].predicted);
        html_cell(out, "%s", mixed->front[i].bits);
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

static void write_front(struct report_page *page, const struct report_entry *entry)
{
    const struct result_mixed *mixed = &entry->result->mixed;
    struct plot plot =
        report_plot(page, "Loss by cost: bits of each tensor",
                    "The least predicted loss at each cost, and the losses of the "
                    "assignments of bits that were evaluated.");

    plot.x = cost_axis(mixed);
    plot.y = axis_of(loss_table[entry->result->model->loss].name,
                     report_loss_unit(entry->result));
    for (int i = 0; i < mixed->front_count; i++) {
        axis_fit(&plot.x, mixed->front[i].cost);
        axis_fit(&plot.y, mixed->front[i].predicted);
    }
    for (int i = 0; i < mixed->tried_count; i++) {
        axis_fit(&plot.x, mixed->tried[i].cost);
        axis_fit(&plot.y, loss_of(&mixed->tried[i]));
    }
    axis_use_log(&plot.y, 20);
    plot_begin(&plot);
    draw_front(&plot, mixed);
    write_front_table(page->out, mixed);
    plot_end(&plot);
}

/* The next word of a text with blanks between words. */
static const char *next_word(const char **text, char word[256])
{
    size_t length = strcspn(*text, " ");

    snprintf(word, 256, "%.*s", (int)(length < 255 ? length : 255), *text);
    *text += length + ((*text)[length] == ' ');
    return word;
}

static void write_bits(FILE *out, const struct result_mixed *mixed)
{
    static const char *const heads[] = {"Group, by its first tensor", "Bits"};
    const char *groups = mixed->groups, *bits = mixed->chosen.bits;
    char group[256], width[256];

    html_details_begin(out, "Bits that were chosen");
    html_table_begin(out, "Bits of each group of tensors");
    html_heads(out, heads, sizeof heads / sizeof *heads);
    while (*groups && *bits) {
        html_row_begin(out, next_word(&groups, group));
        html_cell(out, "%s", next_word(&bits, width));
        html_row_end(out);
    }
    html_table_end(out);
    html_details_end(out);
}

void report_mixed_figures(struct report_page *page, const struct report_entry *entry)
{
    const struct result_mixed *mixed = &entry->result->mixed;

    if (!mixed->budget || mixed->front_count == 0)
        return;
    write_front(page, entry);
    if (mixed->groups && mixed->chosen.bits) {
        fputs("<div class=\"wide\">\n", page->out);
        write_bits(page->out, mixed);
        fputs("</div>\n", page->out);
    }
}
