#include "tests/support/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char scratch_folder[] = "/tmp/calq-test-XXXXXX";
char scratch_file[sizeof scratch_folder + sizeof "/file"];

int scratch_make(void **state)
{
    (void)state;
    if (!mkdtemp(scratch_folder))
        return -1;
    snprintf(scratch_file, sizeof scratch_file, "%s/file", scratch_folder);
    return 0;
}

int scratch_remove(void **state)
{
    (void)state;
    unlink(scratch_file);
    return rmdir(scratch_folder);
}
