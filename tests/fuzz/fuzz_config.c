/* fuzz_config.c - bytes as a configuration; what is read is written and must be read again as the same. */
#include "core/format/config.h"

#include "coordinator/named_settings.h"
#include "tests/fuzz/image.h"

#include <stdlib.h>
#include <string.h>

/* The configuration as calq writes it; owned by the caller. */
static char *written(const struct config *config, size_t *size)
{
    struct error err = {0};
    char *text = NULL;
    FILE *file = open_memstream(&text, size);

    if (!file || config_write(config, file, &err) < 0)
        abort();
    fclose(file);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct config config;
    struct error err = {0};
    size_t first_size, second_size;
    char *first, *second;

    if (config_read(image_path("run.yaml", bytes, size), NULL, 0, &named_settings,
                    &config, &err) < 0) {
        config_clear(&config);
        return 0;
    }
    first = written(&config, &first_size);
    config_clear(&config);
    if (config_read(image_path("run.yaml", (const uint8_t *)first, first_size), NULL, 0,
                    &named_settings, &config, &err) < 0) {
        fprintf(stderr, "calq cannot read what it has written: %s\n%s", err.text,
                first);
        abort();
    }
    second = written(&config, &second_size);
    if (first_size != second_size || memcmp(first, second, first_size) != 0) {
        fprintf(stderr, "written twice, it differs:\n%s\n%s", first, second);
        abort();
    }
    config_clear(&config);
    free(first);
    free(second);
    return 0;
}
