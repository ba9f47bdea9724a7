/* text.h - what may stand in names and paths, slips of the pen, and how losses are shown. */
#ifndef CORE_BASE_TEXT_H
#define CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* UTF-8 without control characters: it can be written to YAML and JSON and read again. */
bool text_is_printable(const char *text);

/* Ends a UTF-8 text that was cut to fill `room` bytes before the character that was cut, if one was. */
void text_end_whole(char *text, size_t room);

/* Insertions, deletions, substitutions and swaps of neighbours that lead from one text to another;
 * only the first TEXT_DISTANCE_MOST bytes of each count. */
enum { TEXT_DISTANCE_MOST = 255 };
size_t text_distance(const char *from, const char *to);

/* A loss as users see it: with four decimals, or five digits where it is very large or small;
 * "infinite" where it is. Returns `text`. */
enum { TEXT_OF_LOSS_BYTES = 24 };
const char *text_of_loss(double loss, char text[TEXT_OF_LOSS_BYTES]);

#endif
