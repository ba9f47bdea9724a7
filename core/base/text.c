#include "core/base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool text_is_printable(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        int more = *c < 0x80 ? 0 : *c < 0xC2 ? -1 : *c < 0xE0 ? 1 : *c < 0xF0 ? 2 : 3;

        if (*c < ' ' || *c == 0x7F || more < 0 || *c > 0xF4)
            return false;
        for (; more > 0; more--)
            if ((*++c & 0xC0) != 0x80)
                return false;
    }
    return true;
}

const char *text_of_loss(double loss, char text[TEXT_OF_LOSS_BYTES])
{
    const double small = 1e-3, large = 1e6;
    bool is_usual = loss == 0 || (fabs(loss) >= small && fabs(loss) < large);

    if (isinf(loss))
        snprintf(text, TEXT_OF_LOSS_BYTES, "infinite");
    else
        snprintf(text, TEXT_OF_LOSS_BYTES, is_usual ? "%.4f" : "%.4e", loss);
    return text;
}

/* ---- slips of the pen ---- */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void text_end_whole(char *text, size_t room)
{
    size_t length = strlen(text);

    if (length + 1 < room)
        return;
    while (length > 0 && (text[length - 1] & 0xC0) == 0x80)
        length--;
    if (length > 0 && (text[length - 1] & 0x80))
        length--;
    text[length] = '\0';
}

size_t text_distance(const char *from, const char *to)
{
    /* The row before the last, the last, this one. */
    size_t rows[3][TEXT_DISTANCE_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t from_length = strnlen(from, TEXT_DISTANCE_MOST);
    size_t to_length = strnlen(to, TEXT_DISTANCE_MOST);

    for (size_t j = 0; j <= to_length; j++)
        last[j] = j;
    for (size_t i = 1; i <= from_length; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t j = 1; j <= to_length; j++) {
            size_t differs = from[i - 1] != to[j - 1];

            row[j] = least(last[j - 1] + differs, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[to_length];
}
