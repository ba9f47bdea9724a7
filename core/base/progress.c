#include "core/base/progress.h"

#include "core/base/clock.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* ---- lines on a terminal ---------------------------------------------------------------------- */

static int columns_of(FILE *out)
{
    struct winsize size;

    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col
                                                                         : 80;
}

/* Goes back to the first of the lines that stand there, and wipes them. */
static void wipe(struct progress *progress)
{
    for (; progress->open_lines > 1; progress->open_lines--)
        fputs("\r\033[K\033[A", progress->out);
    if (progress->open_lines > 0)
        fputs("\r\033[K", progress->out);
    progress->open_lines = 0;
}

/* A line that is wider than the terminal would stay there. */
static void draw(struct progress *progress, const char *text)
{
    int most = columns_of(progress->out) - 1;

    wipe(progress);
    while (text) {
        int length = (int)strcspn(text, "\n");

        fprintf(progress->out, "%s%.*s", progress->open_lines > 0 ? "\n" : "",
                length < most ? length : most, text);
        progress->open_lines++;
        text = text[length] == '\n' ? text + length + 1 : NULL;
    }
}

const char *progress_bar(double share, char text[PROGRESS_BAR_BYTES])
{
    enum { CELLS = 20 };
    int full = (int)(fmin(1, fmax(0, share)) * CELLS);

    text[0] = '[';
    memset(text + 1, '#', (size_t)full);
    memset(text + 1 + full, '.', (size_t)(CELLS - full));
    memcpy(text + 1 + CELLS, "]", 2);
    return text;
}

/* ---- what is shown ---------------------------------------------------------------------------- */

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
        draw(progress, text);
    else
        fprintf(progress->out, "%s\n", text);
    fflush(progress->out);
}

void progress_clear(struct progress *progress)
{
    if (!progress || progress->open_lines == 0)
        return;
    wipe(progress);
    fflush(progress->out);
}
