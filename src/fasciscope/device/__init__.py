"""Boards on a serial port: the wire protocol, the link, the clock, and a board in software.

``firmware/PROTOCOL.md`` is the single source of truth for the wire; `messages` and `protocol` are
its Python form.
"""
