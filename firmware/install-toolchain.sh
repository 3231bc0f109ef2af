#!/bin/sh
# Install what builds, checks and executes the firmware. On Debian or Ubuntu as root it does so by apt, and
# is silent when all is there. Anywhere else it says what is missing and what is left out for it; it
# never fails, since everything else can go on without.
set -u

packages="gcc gcc-avr binutils-avr avr-libc libsimavr2 arduino-core-avr cppcheck clang-tidy"

missing() {
    command -v avr-gcc >/dev/null || echo gcc-avr
    command -v avr-size >/dev/null || echo binutils-avr
    [ -d /usr/lib/avr/include ] || command -v avr-gcc >/dev/null || echo avr-libc
    command -v gcc >/dev/null || echo gcc
    ldconfig -p 2>/dev/null | grep -q 'libsimavr\.so\.2' || echo libsimavr2
    [ -d /usr/share/arduino/hardware/arduino/avr ] || echo arduino-core-avr
    command -v cppcheck >/dev/null || echo cppcheck
    command -v clang-tidy >/dev/null || echo clang-tidy
}

say_what_is_left_out() {
    for package in $1; do
        case $package in
            gcc-avr | binutils-avr | avr-libc) what="the firmware is not built and not executed" ;;
            libsimavr2) what="the firmware is not executed" ;;
            gcc) what="the portable part is not run under sanitizers" ;;
            arduino-core-avr) what="the Arduino sketch is not built" ;;
            *) what="its check of the firmware's code is left out" ;;
        esac
        echo "firmware: without $package, $what." >&2
    done
}

lacking=$(missing)
[ -z "$lacking" ] && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "firmware: installing $(echo $lacking) …" >&2
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086
    if { apt-get update && apt-get install -y --no-install-recommends $packages; } >"$log" 2>&1; then
        rm -f "$log"
    else
        tail -n 3 "$log" >&2
        rm -f "$log"
    fi
    lacking=$(missing)
    [ -z "$lacking" ] && exit 0
else
    echo "firmware: on Debian or Ubuntu: sudo apt-get install $packages" >&2
fi
say_what_is_left_out "$lacking"
exit 0
