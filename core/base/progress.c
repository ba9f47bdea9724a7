#include "core/base/progress.h"

#include "core/base/clock.h"

#include <stdarg.h>
#include <unistd.h>

enum { LOG_SECONDS = 10 };
#define TERMINAL_SECONDS 0.1

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

void progress_show(struct progress *progress, const char *format, ...)
{
    double now = clock_seconds();
    va_list arguments;

    if (!progress || now - progress->shown < progress->interval)
        return;
    progress->shown = now;
    if (progress->is_terminal)
        fputs("\r\033[K", progress->out);
    va_start(arguments, format);
    vfprintf(progress->out, format, arguments);
    va_end(arguments);
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
