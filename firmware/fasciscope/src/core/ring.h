/* Bytes from the receive interrupt to the main program: one writes, one reads, nobody waits. */
#ifndef FS_RING_H
#define FS_RING_H

#include <stdint.h>

enum { FS_RING_SIZE = 64 }; /* a power of two; two of the longest commands */

struct fs_ring {
    volatile uint8_t head; /* only the writer moves it */
    volatile uint8_t tail; /* only the reader moves it */
    uint8_t bytes[FS_RING_SIZE];
};

/* A byte that finds no room is thrown away: the frame it belongs to then fails its CRC. */
static inline void fs_ring_put(struct fs_ring *ring, uint8_t byte)
{
    const uint8_t head = ring->head;
    const uint8_t next = (uint8_t)((head + 1) % FS_RING_SIZE);
    if (next != ring->tail) {
        ring->bytes[head] = byte;
        ring->head = next;
    }
}

/* Returns 0 if there is nothing to read. */
static inline uint8_t fs_ring_get(struct fs_ring *ring, uint8_t *byte)
{
    const uint8_t tail = ring->tail;
    if (tail == ring->head) {
        return 0;
    }
    *byte = ring->bytes[tail];
    ring->tail = (uint8_t)((tail + 1) % FS_RING_SIZE);
    return 1;
}

#endif
