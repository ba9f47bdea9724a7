#include "coordinator/run_table.h"

#include "core/report/table.h"

static void show_case(struct run_table *table, const struct ledger_case *each,
                      const char *id)
{
    if (!table->has_head)
        table_print_head(table->out);
    table->has_head = true;
    if (each->state == LEDGER_DONE) {
        table_print_result(table->out, &each->result, table->model);
        table->model = each->result.model;
    } else {
        table_print_failure(table->out, id);
    }
}

void run_table_show(struct run_table *table, const struct ledger *ledger)
{
    for (; table->shown < ledger->cases->count; table->shown++) {
        const struct ledger_case *each = &ledger->each[table->shown];

        if (each->is_others)
            continue;
        if (!ledger_is_settled(each))
            return;
        show_case(table, each, ledger->cases->list[table->shown].id);
    }
}
