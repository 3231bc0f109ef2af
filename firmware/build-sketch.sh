#!/bin/sh
# build-sketch.sh CORE BUILD MCU VARIANT BOARD: build fasciscope/ the way the Arduino IDE does: every
# source under src/ and the .ino, linked with the board's core as an archive.
set -eu
core=$1 build=$2 mcu=$3 variant=$4 board=$5
out="$build/sketch-$mcu"
if [ ! -d "$core/cores/arduino" ]; then
    echo "There is no Arduino core in $core. On Debian: sudo apt-get install arduino-core-avr" >&2
    exit 2
fi
rm -rf "$out"
mkdir -p "$out/core"
common="-mmcu=$mcu -DF_CPU=16000000L -DARDUINO=10807 -D$board -DARDUINO_ARCH_AVR -Os -flto \
    -ffunction-sections -fdata-sections -DDECIMAL_DIG=__DECIMAL_DIG__ \
    -DUSB_VID=0x2341 -DUSB_PID=0x8036 -DUSB_MANUFACTURER=\"fasciscope\" -DUSB_PRODUCT=\"fasciscope\""
includes="-I $core/cores/arduino -I $core/variants/$variant"
for source in "$core"/cores/arduino/*.c "$core"/cores/arduino/*.cpp "$core"/cores/arduino/*.S; do
    object="$out/core/$(basename "$source").o"
    case $source in
        *.cpp) language="-std=gnu++11 -fno-exceptions -fno-threadsafe-statics" ;;
        *.S) language="-x assembler-with-cpp" ;;
        *) language="-std=gnu11 -ffat-lto-objects" ;;
    esac
    # shellcheck disable=SC2086
    avr-gcc $common $language $includes -w -c "$source" -o "$object"
done
avr-gcc-ar rcs "$out/core.a" "$out"/core/*.o
{ echo '#include <Arduino.h>'; cat fasciscope/fasciscope.ino; } > "$out/fasciscope.ino.cpp"
# shellcheck disable=SC2086
avr-g++ $common -std=gnu++11 -fno-exceptions -fno-threadsafe-statics -Wall -Wextra $includes \
    -I fasciscope -c "$out/fasciscope.ino.cpp" -o "$out/fasciscope.ino.o"
for source in fasciscope/src/core/*.c fasciscope/src/avr/*.c; do
    # shellcheck disable=SC2086
    avr-gcc $common -std=gnu11 -Wall -Wextra -Werror $includes -c "$source" \
        -o "$out/$(basename "$source").o"
done
avr-gcc -mmcu="$mcu" -Os -flto -fuse-linker-plugin -Wl,--gc-sections "$out"/*.o "$out/core.a" -lm \
    -o "$out.elf"
avr-objcopy -O ihex -R .eeprom "$out.elf" "$out.hex"
./size-budget.sh "$out.elf"
