/* The frame of PROTOCOL.md: type, body, CRC, stuffed so that 0x00 stands only at its end. */
#ifndef FS_WIRE_H
#define FS_WIRE_H

#include <stdint.h>

enum {
    FS_PAYLOAD_MAX = 254,             /* type, body and CRC */
    FS_WIRE_MAX = FS_PAYLOAD_MAX + 2, /* and the first code byte, and the 0x00 */
    FS_TYPE_AT = 1,                   /* where the type stands in a frame that is being built */
    FS_BODY_AT = 2,
    FS_COMMAND_WIRE_MAX = 32
};

enum fs_frame_type {
    FS_DATA = 0x01,
    FS_STATUS = 0x02,
    FS_REPLY = 0x03,
    FS_MARKER = 0x04,
    FS_BOOT = 0x05,
    FS_COMMAND = 0x10
};

/* CRC-16/IBM-3740, one byte further, without a table: the polynomial x^16 + x^12 + x^5 + 1 has so
 * few terms that a byte's worth of it is four shifts. */
static inline uint16_t fs_crc16(uint16_t crc, uint8_t byte)
{
    crc = (uint16_t)((uint16_t)(crc >> 8) | (uint16_t)(crc << 8));
    crc ^= byte;
    crc ^= (uint16_t)((uint8_t)crc >> 4);
    crc ^= (uint16_t)(crc << 12);
    crc ^= (uint16_t)((uint16_t)((uint8_t)crc) << 5);
    return crc;
}

/* Numbers go low byte first; each returns the place behind what it wrote. */
static inline uint8_t *fs_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static inline uint8_t *fs_put32(uint8_t *at, uint32_t value)
{
    return fs_put16(fs_put16(at, (uint16_t)value), (uint16_t)(value >> 16));
}

static inline uint32_t fs_get32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Close the frame whose type and body stand at frame[FS_TYPE_AT] and behind, up to `end`: append the
 * CRC, stuff in place, append 0x00. There must be room for three bytes at `end`. Returns the place
 * behind the 0x00. */
uint8_t *fs_frame_close(uint8_t *frame, uint8_t *end);

/* Undo the stuffing of `n` bytes (none of them 0x00) in place, and check the CRC. Returns the length of
 * type and body, which then begin at frame[1], or 0 if the bytes are no frame. */
uint8_t fs_frame_open(uint8_t *frame, uint8_t n);

#endif
