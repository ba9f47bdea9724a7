/* Every kernel set against the table itself. */
#include "core/kernel/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { CODES = 256, COUNT_MOST = 3 * CODES, GUARD = 64, UNTOUCHED = 0xa5 };

/* All codes, in an order that is none of the table's. */
static void make(uint8_t *table, uint8_t *codes)
{
    for (int code = 0; code < CODES; code++)
        table[code] = (uint8_t)(code * 91 + 17);
    for (int i = 0; i < COUNT_MOST; i++)
        codes[i] = (uint8_t)(i * 37 + i / CODES);
}

static void check(const struct kernel_set *set, size_t count)
{
    uint8_t table[CODES], codes[COUNT_MOST], found[COUNT_MOST + GUARD];

    make(table, codes);
    memset(found, UNTOUCHED, sizeof found);
    set->look_up_u8(table, codes, count, found);
    for (size_t i = 0; i < count; i++)
        if (found[i] != table[codes[i]])
            fail_msg("%s, %zu codes: number %zu is %d, not %d", set->name, count, i,
                     found[i], table[codes[i]]);
    for (size_t i = count; i < count + GUARD; i++)
        if (found[i] != UNTOUCHED)
            fail_msg("%s, %zu codes: writes behind them", set->name, count);
}

static void every_set_looks_up_what_the_table_holds(void **state)
{
    static const size_t counts[] = {0, 1, 31, 32, 33, 63, 64, 65, 256, COUNT_MOST};

    (void)state;
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        for (size_t i = 0; set->runs_here() && i < sizeof counts / sizeof *counts; i++)
            check(set, counts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_looks_up_what_the_table_holds),
    };

    return cmocka_run_group_tests_name("look_up_u8", tests, NULL, NULL);
}
