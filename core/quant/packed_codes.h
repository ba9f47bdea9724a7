/* packed_codes.h - codes of 8 bits as numbers, several in each, which doubles hold exactly. */
#ifndef CORE_QUANT_PACKED_CODES_H
#define CORE_QUANT_PACKED_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODES_A_NUMBER = 6 };

/* How many numbers there are. */
size_t packed_codes_count(size_t codes);

void packed_codes_pack(const int8_t *codes, size_t count,
                       double *numbers /* [packed_codes_count()] out */);
void packed_codes_unpack(const double *numbers, size_t count,
                         int8_t *codes /* [count] out */);

/* Whether a number can be some codes. */
bool packed_codes_fit(double number);

#endif
