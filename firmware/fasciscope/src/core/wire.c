#include "wire.h"

uint8_t *fs_frame_close(uint8_t *frame, uint8_t *end)
{
    uint16_t crc = 0xFFFF;
    uint8_t *at = frame;
    uint8_t *code = frame; /* where the distance to the next zero goes */

    while (++at != end) {
        crc = fs_crc16(crc, *at);
        if (*at == 0) {
            *code = (uint8_t)(at - code);
            code = at;
        }
    }
    end = fs_put16(end, crc);
    for (; at != end; at++) {
        if (*at == 0) {
            *code = (uint8_t)(at - code);
            code = at;
        }
    }
    *code = (uint8_t)(end - code);
    *end = 0;
    return end + 1;
}

uint8_t fs_frame_open(uint8_t *frame, uint8_t n)
{
    uint8_t at = 0;
    uint16_t crc = 0xFFFF;

    while (at < n) {
        const uint8_t step = frame[at];
        if (step == 0 || step > n - at) {
            return 0;
        }
        frame[at] = 0;
        at = (uint8_t)(at + step);
    }
    if (n < 4) { /* a code byte, a type and a CRC */
        return 0;
    }
    for (at = 1; at < n - 2; at++) {
        crc = fs_crc16(crc, frame[at]);
    }
    if (frame[n - 2] != (uint8_t)crc || frame[n - 1] != (uint8_t)(crc >> 8)) {
        return 0;
    }
    return (uint8_t)(n - 3);
}
