#include "commands/command.h"

#include "commands/opened_run.h"
#include "core/report/run_compare.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct side {
    struct opened_run run;
    const char *name;
};

/* ---- cases ---------------------------------------------------------------------------------- */

/* Where a path names a case, that one alone is compared. */
static bool takes_part(const struct side *side, int index)
{
    const char *id = side->run.folder.id;

    return side->run.ledger.each[index].state == LEDGER_DONE &&
           (!*id || strcmp(id, side->run.cases.list[index].id) == 0);
}

/* The case there that one is compared with: of the same name, or the one that is named; -1: none. */
static int twin_of(const struct side *side, int index, const struct side *other)
{
    bool are_named = *side->run.folder.id && *other->run.folder.id;

    for (int i = 0; i < other->run.cases.count; i++)
        if (takes_part(other, i) &&
            (are_named ||
             strcmp(side->run.cases.list[index].id, other->run.cases.list[i].id) == 0))
            return i;
    return -1;
}

/* Prints the cases that the other run has not, or not yet; gives how many. */
static int print_alone(const struct side *side, const struct side *other)
{
    int count = 0;

    for (int i = 0; i < side->run.cases.count; i++)
        if (takes_part(side, i) && twin_of(side, i, other) < 0) {
            printf("%s: done in %s only\n", side->run.cases.list[i].id, side->name);
            count++;
        }
    return count;
}

/* ---- two runs ------------------------------------------------------------------------------- */

struct tally {
    int compared, same, alone;
};

static struct tally compare_cases(const struct side sides[2])
{
    const char *const names[] = {sides[0].name, sides[1].name};
    struct tally tally = {0};

    for (int i = 0; i < sides[0].run.cases.count; i++) {
        int twin = takes_part(&sides[0], i) ? twin_of(&sides[0], i, &sides[1]) : -1;
        const struct result *a = &sides[0].run.ledger.each[i].result;
        const struct result *b =
            twin < 0 ? NULL : &sides[1].run.ledger.each[twin].result;

        if (!b)
            continue;
        run_compare_print(a, b, names, stdout);
        tally.compared++;
        tally.same += run_compare_is_same(a, b);
    }
    tally.alone = print_alone(&sides[0], &sides[1]) + print_alone(&sides[1], &sides[0]);
    return tally;
}

static int compare_sides(const struct side sides[2], struct error *err)
{
    struct tally tally = compare_cases(sides);

    if (tally.compared == 0)
        return error_set(
            err, EXIT_USAGE,
            "no case is done in both %.500s and %.500s; `calq status` lists "
            "those of each, and two cases can be named: "
            "calq compare RUN/cases/CASE RUN/cases/CASE",
            sides[0].name, sides[1].name);
    printf("%d of %d cases are the same to the last bit\n", tally.same, tally.compared);
    if (tally.same < tally.compared)
        return error_set(err, EXIT_VERIFY_MISMATCH, "%d of %d cases differ",
                         tally.compared - tally.same, tally.compared);
    return 0;
}

static int open_side(struct side *side, const char *path, struct error *err)
{
    side->name = path;
    if (opened_run_open(&side->run, path, err) < 0)
        return -1;
    ledger_look(&side->run.ledger);
    return 0;
}

static int compare_runs(char **paths, struct error *err)
{
    struct side sides[2] = {0};
    int status = open_side(&sides[0], paths[0], err);

    if (status == 0) {
        status = open_side(&sides[1], paths[1], err);
        if (status == 0)
            status = compare_sides(sides, err);
        opened_run_close(&sides[1].run);
    }
    opened_run_close(&sides[0].run);
    return status;
}

/* ---- the command ---------------------------------------------------------------------------- */

static int compare(int count, char **arguments, struct error *err)
{
    bool has_option = false;

    for (int i = 0; i < count; i++)
        has_option = has_option || arguments[i][0] == '-';
    if (count != 2 || has_option) {
        error_set(
            err, EXIT_USAGE,
            "which two run directories? e.g. calq compare runs/glyphs runs/again");
        return EXIT_USAGE;
    }
    return compare_runs(arguments, err) < 0 ? (int)err->code : EXIT_DONE;
}

const struct command compare_command = {
    "compare",
    "RUN RUN",
    "tell which results of two run directories differ, in what, and why",
    NULL,
    "Each RUN is a run directory or one of its cases. Cases of the same name are "
    "compared: "
    "steps,\n"
    "losses, metrics and states to the last bit. Of those that differ calq tells why: "
    "which "
    "files,\n"
    "settings, versions or budgets are not the same. Exit code 6: some differ.\n",
    compare};
