#include "receiver.h"

uint8_t fs_receiver_take(struct fs_receiver *receiver, uint8_t byte)
{
    const uint8_t n = receiver->n;
    uint8_t length = 0;

    if (byte != 0) {
        if (n < sizeof receiver->frame) {
            receiver->frame[n] = byte;
        }
        if (n <= sizeof receiver->frame) {
            receiver->n = (uint8_t)(n + 1);
        }
        return 0;
    }
    receiver->n = 0;
    if (n == 0) {
        return 0;
    }
    if (n <= sizeof receiver->frame) {
        length = fs_frame_open(receiver->frame, n);
    }
    if (length == 0) {
        receiver->errors++;
    }
    return length;
}
