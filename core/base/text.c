#include "core/base/text.h"

#include <math.h>
#include <stdio.h>

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
