"""The command line: one module a command, wiring and words only; the only room that prints."""
