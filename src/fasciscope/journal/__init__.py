"""The journal: what the twitches do over weeks, what goes with them, and when to see a doctor.

Sessions, day notes, felt twitches, symptoms and changes in; trends, factors, and a record to take
along out. One file on this machine (`database`); nothing leaves it. Commands and pages stand on the
same functions.
"""

from __future__ import annotations
