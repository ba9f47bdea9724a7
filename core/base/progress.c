#include "core/base/progress.h"

#include "core/base/clock.h"

#include <math.h>
#include <stdarg.h>
#include <unistd.h>

enum { LOG_SECONDS = 10, LINE_BYTES = 512 };
#define TERMINAL_SECONDS 0.1
#define DESCRIPTION_SECONDS 2.

void progress_init(struct progress *progress, FILE *out)
{
    bool is_terminal = isatty(fileno(out));

    *progress = (struct progress){
        .out = out,
        .is_terminal = is_terminal,
        .interval = is_terminal ? TERMINAL_SECONDS : LOG_SECONDS,
        .shown = clock_seconds(),
    };
}

void progress_describe(struct progress *progress,
                       void (*describe)(void *context, char *text, size_t bytes),
                       void *context)
{
    progress->describe = describe;
    progress->context = context;
    progress->interval = fmax(progress->interval, DESCRIPTION_SECONDS);
}

void progress_show(struct progress *progress, const char *format, ...)
{
    double now = clock_seconds();
    char text[LINE_BYTES];
    va_list arguments;

    if (!progress || now - progress->shown < progress->interval)
        return;
    progress->shown = now;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (progress->describe)
        progress->describe(progress->context, text, sizeof text);
    if (progress->is_terminal)
        fputs("\r\033[K", progress->out);
    fputs(text, progress->out);
    if (!progress->is_terminal)
        fputc('\n', progress->out);
    progress->line_is_open = progress->is_terminal;
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (!progress || !progress->line_is_open)
        return;
    fputs("\r\033[K", progress->out);
    fflush(progress->out);
    progress->line_is_open = false;
}
