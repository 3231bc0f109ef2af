// The fasciscope firmware, as the Arduino IDE builds it. Open this file, choose the board (Uno, Nano, Mega 2560,
// Leonardo or Micro) and its port, and upload. All of the work is done in src/, the same files that
// `make -C firmware` builds; there is nothing to install besides the IDE. See ../README.md.
#include "src/avr/fasciscope_avr.h"

void setup() {
#if FS_NATIVE_USB
  Serial.begin(500000);  // USB takes any speed
#endif
  fs_avr_begin();
}

void loop() {
  fs_avr_poll();
#if FS_NATIVE_USB
  while (Serial.available() > 0) {
    fs_avr_heard(Serial.read());
  }
  uint8_t chunk[32];
  uint8_t n = 0;
  const int room = Serial.availableForWrite();
  while (n < sizeof chunk && n < room && fs_avr_has_byte()) {
    chunk[n++] = fs_avr_next_byte();
  }
  if (n) {
    Serial.write(chunk, n);
  }
#endif
}
