/* The firmware without the Arduino core; `make` builds this one. */
#include "fasciscope/src/avr/fasciscope_avr.h"

int main(void)
{
    fs_avr_begin();
    for (;;) {
        fs_avr_poll();
    }
}
