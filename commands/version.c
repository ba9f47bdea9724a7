#include "core/base/version.h"

#include "commands/command.h"
#include "core/kernel/kernel.h"

#include <stdio.h>

static int print_version(int count, char **arguments, struct error *err)
{
    (void)count;
    (void)arguments;
    (void)err;
    printf("calq %s\nkernels:", version());
    for (const struct kernel_set *set = kernel_sets; set->name; set++)
        printf(" %s%s", set->name, set->runs_here() ? "" : " (not on this machine)");
    printf("\n");
    return EXIT_DONE;
}

const struct command version_command = {
    "version", "", "print the version and the kernels", NULL, NULL, print_version};
