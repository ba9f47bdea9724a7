#include "tests/fuzz/grid.h"

#include <math.h>
#include <string.h>

struct plain_grid grid_of(const char *name, int bits, int zero, double step)
{
    double half = ldexp(1, bits - 1);

    if (strcmp(name, "midrise") == 0)
        return (struct plain_grid){-half, half - 1, .5, step};
    if (strcmp(name, "midtread") == 0)
        return (struct plain_grid){-half, half - 1, 0, step};
    if (strcmp(name, "narrow") == 0)
        return (struct plain_grid){1 - half, half - 1, 0, step};
    if (strcmp(name, "unsigned") == 0)
        return (struct plain_grid){0, 2 * half - 1, 0, step};
    if (strcmp(name, "asymmetric") == 0)
        return (struct plain_grid){-zero, 2 * half - 1 - zero, 0, step};
    give_up("no grid", name);
}

static double code_of_exact(const struct plain_grid *grid, float number)
{
    float step = (float)grid->step;
    float base = grid->centre != 0 ? (float)(grid->most + grid->centre) : 0.f;
    float lowest = grid->centre != 0 ? (float)grid->least : 0.f;
    float level = (number + base * step) / step;

    level =
        fminf(fmaxf(level, (float)grid->least - lowest), (float)grid->most - lowest);
    return (double)(rintf(level) + lowest);
}

double grid_code(struct trial *trial, const struct plain_grid *grid, double number,
                 double error)
{
    double level = number / grid->step - grid->centre, size = fabs(level);

    if (error == 0)
        return code_of_exact(grid, (float)number);
    /* Levels between whole numbers are counted from the lowest one on, in floats. */
    if (grid->centre != 0)
        size += grid->most + grid->centre;
    return nearest_code(trial, level, error / grid->step + trial->unit * size,
                        grid->least, grid->most);
}

double grid_value(const struct plain_grid *grid, double code)
{
    return grid->step * (code + grid->centre);
}
