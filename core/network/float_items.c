#include "core/network/float_items.h"

#include "core/base/memory.h"

#include <stdlib.h>

static void renumber(int *items, int count, const int *numbers)
{
    for (int i = 0; i < count; i++)
        if (items[i] >= 0)
            items[i] = numbers[items[i]];
}

void placement_drop_float(struct placement *placement, struct choice *choices)
{
    int *numbers = memory_get((size_t)placement->count * sizeof *numbers);
    int count = placement->count, left = 0;

    for (int item = 0; item < count; item++) {
        numbers[item] = choices[item].step > 0 ? left : -1;
        if (numbers[item] < 0) {
            quantized_tensor_clear(&placement->items[item]);
            continue;
        }
        placement->items[left] = placement->items[item];
        choices[left++] = choices[item];
    }
    placement->count = left;
    for (int layer = 0; layer < placement->layer_count; layer++)
        renumber(placement->of_layers[layer].items, placement->of_layers[layer].count,
                 numbers);
    renumber(placement->of_tensor, placement->tensor_count, numbers);
    free(numbers);
}
