#include "core/base/version.h"

const char *version(void)
{
    return CALQ_VERSION;
}
