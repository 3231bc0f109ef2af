#!/bin/sh
# size-budget.sh ELF [FLASH RAM]: say what the program takes, and fail if it is more than allowed.
# RAM is what is set aside when the program starts; the rest of the chip's is for the stack.
set -eu
set -- "$1" "${2:-}" "${3:-}" $(avr-size "$1" | tail -n 1)
flash=$(($4 + $5))
ram=$(($5 + $6))
echo "$(basename "$1" .elf): flash $flash bytes${2:+ of $2}, RAM $ram bytes${3:+ of $3}"
if [ -n "$2" ] && { [ "$flash" -gt "$2" ] || [ "$ram" -gt "$3" ]; }; then
    echo "The firmware has outgrown its budget." >&2
    exit 1
fi
