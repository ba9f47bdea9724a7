/* kernel_variants.h - every variant's name; the only place besides the table in kernel.c. */
#ifndef CORE_KERNEL_KERNEL_VARIANTS_H
#define CORE_KERNEL_KERNEL_VARIANTS_H

#include "core/kernel/kernel.h"

/* Two such products fit 16 bits; where some can be larger, sets without VNNI want weights as 16
 * bits. */
enum { SMALL_PRODUCT_MOST = INT16_MAX / 2 };

void conv_u8s8_scalar(const struct conv_u8s8 *conv);
void conv_u8s8_avx2(const struct conv_u8s8 *conv);
void conv_u8s8_avx512(const struct conv_u8s8 *conv);
void conv_u8s8_avxvnni(const struct conv_u8s8 *conv);
void conv_u8s8_avx512vnni(const struct conv_u8s8 *conv);

/* Of the forms in kernel.c. */
void winograd_two_u8s8_avx2(const struct conv_u8s8 *conv);
void winograd_four_u8s8_avx2(const struct conv_u8s8 *conv);
void winograd_two_words_u8s8_avx2(const struct conv_u8s8 *conv);
void winograd_u8s8_avx512(const struct conv_u8s8 *conv);
void winograd_u8s8_avxvnni(const struct conv_u8s8 *conv);
void winograd_u8s8_avx512vnni(const struct conv_u8s8 *conv);

void conv_f32_scalar(const struct conv_f32 *conv);
void conv_f32_avx2(const struct conv_f32 *conv);
void conv_f32_avx512(const struct conv_f32 *conv);

void depthwise_f32_scalar(const struct conv_f32 *conv);
void depthwise_f32_avx2(const struct conv_f32 *conv);
void depthwise_f32_avx512(const struct conv_f32 *conv);

void depthwise_u8s8_scalar(const struct depthwise_u8s8 *depthwise);
void depthwise_u8s8_avx2(const struct depthwise_u8s8 *depthwise);
void depthwise_u8s8_avx512(const struct depthwise_u8s8 *depthwise);
void depthwise_u8s8_avx512vnni(const struct depthwise_u8s8 *depthwise);

void finish_s32_scalar(const struct finish_s32 *finish);
void finish_s32_avx2(const struct finish_s32 *finish);
void finish_s32_avx512(const struct finish_s32 *finish);

void window_sums_u8_scalar(const struct window_sums_u8 *window_sums);
void window_sums_u8_avx2(const struct window_sums_u8 *window_sums);
void window_sums_u8_avx512(const struct window_sums_u8 *window_sums);

void add_u8_scalar(const struct add_u8 *add);
void add_u8_avx2(const struct add_u8 *add);
void add_u8_avx512(const struct add_u8 *add);

void look_up_u8_scalar(const uint8_t *table, const uint8_t *codes, size_t count,
                       uint8_t *to);
void look_up_u8_avx2(const uint8_t *table, const uint8_t *codes, size_t count,
                     uint8_t *to);
void look_up_u8_avx512(const uint8_t *table, const uint8_t *codes, size_t count,
                       uint8_t *to);

size_t peak_u8s8_avx2(size_t rounds);
size_t peak_u8s8_avx512(size_t rounds);
size_t peak_u8s8_avxvnni(size_t rounds);
size_t peak_u8s8_avx512vnni(size_t rounds);
size_t peak_f32_avx2(size_t rounds);
size_t peak_f32_avx512(size_t rounds);

#endif
