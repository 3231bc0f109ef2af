"""The muscles of the body map: their keys, what people call them, and free words beside them.

A word in, a key out: "gastrocnemius" and "Calf" are both ``calf``. What is not on the map is kept
in the person's own words.
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass

from fasciscope.errors import InputError

SIDES = ("", "left", "right")
LONGEST = 60
"""Most letters in the name of a muscle."""


@dataclass(frozen=True, slots=True)
class Muscle:
    """A muscle, or a group that one pair of electrodes sees.

    Parameters
    ----------
    key : str
        What it is called in files and in the map's regions.
    name : str
        What a person calls it.
    also : tuple of str
        Other names, lower case; anatomical ones among them.
    """

    key: str
    name: str
    also: tuple[str, ...] = ()


MUSCLES: tuple[Muscle, ...] = (
    Muscle("eyelid", "eyelid", ("eye", "lid", "orbicularis oculi")),
    Muscle("face", "face", ("cheek", "mouth", "lip", "chin", "orbicularis oris", "masseter")),
    Muscle("neck", "neck", ("throat", "sternocleidomastoid", "trapezius")),
    Muscle("deltoid", "shoulder (deltoid)", ("shoulder",)),
    Muscle("biceps", "upper arm, front (biceps)", ("biceps brachii", "upper arm")),
    Muscle("triceps", "upper arm, back (triceps)", ("triceps brachii",)),
    Muscle(
        "forearm", "forearm", ("lower arm", "wrist", "extensor digitorum", "flexor digitorum")
    ),
    Muscle(
        "hand",
        "hand and thumb",
        ("thumb", "finger", "thenar", "first dorsal interosseous", "fdi", "abductor pollicis"),
    ),
    Muscle("chest", "chest", ("pectoralis", "pectoral", "breast")),
    Muscle("abdomen", "abdomen", ("belly", "stomach", "rectus abdominis")),
    Muscle("back", "back", ("lower back", "upper back", "latissimus", "erector spinae", "spine")),
    Muscle("gluteal", "buttock (gluteal)", ("buttock", "gluteus", "gluteus maximus", "hip")),
    Muscle(
        "quadriceps",
        "thigh, front (quadriceps)",
        ("thigh", "thigh front", "front of thigh", "vastus lateralis", "vastus medialis",
         "rectus femoris"),
    ),
    Muscle(
        "hamstrings",
        "thigh, back (hamstrings)",
        ("thigh back", "back of thigh", "hamstring", "biceps femoris", "semitendinosus"),
    ),
    Muscle("tibialis", "shin (tibialis anterior)", ("shin", "tibialis anterior")),
    Muscle("calf", "calf (gastrocnemius)", ("gastrocnemius", "soleus", "lower leg")),
    Muscle("foot", "foot", ("toe", "sole", "abductor hallucis", "arch")),
)  # fmt: skip
"""Every muscle that has a region on the map, from head to foot."""

_BY_KEY = {muscle.key: muscle for muscle in MUSCLES}
_BY_WORD = {
    word: muscle.key for muscle in MUSCLES for word in (muscle.key, muscle.name, *muscle.also)
}


def plain_words(text: str, what: str, most: int) -> str:
    """Return `text` on one line, without what would steer a terminal.

    Raises
    ------
    InputError
        If it has more than `most` characters; `what` names it.
    """
    if not isinstance(text, str):
        raise InputError(f"{what} is given in words, not as {text!r}.")
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    kept = " ".join(kept.split())
    if len(kept) > most:
        raise InputError(f"{what} has {len(kept)} characters; at most {most} are kept. Shorten it.")
    return kept


def key_of(text: str) -> str:
    """Return the key of a muscle, or the person's own words where the map has none such.

    Parameters
    ----------
    text : str
        A key, a name or one of the other names; case does not matter.

    Raises
    ------
    InputError
        If the words are longer than `LONGEST` characters.
    """
    words = plain_words(text, "The name of a muscle", LONGEST)
    return _BY_WORD.get(words.lower().removeprefix("the "), words)


def is_known(key: str) -> bool:
    """Say whether `key` is a muscle of the map."""
    return key in _BY_KEY


def name_of(key: str) -> str:
    """Return what a person calls the muscle `key`; their own words as they are."""
    if not key:
        return "muscle not stated"
    return _BY_KEY[key].name if key in _BY_KEY else key


def short_name(key: str) -> str:
    """Return the shortest clear name of a muscle, without what stands in brackets."""
    return name_of(key).split(" (")[0]


def site(key: str, side: str) -> str:
    """Return muscle and side in words: ``left calf``, ``left upper arm, front``."""
    return f"{side} {short_name(key)}".strip()


def check_side(side: str) -> str:
    """Return `side` in lower case.

    Raises
    ------
    InputError
        If it is neither left, right nor empty.
    """
    found = str(side or "").strip().lower()
    if found not in SIDES:
        raise InputError(f"The side is left or right, or not stated; not {side!r}.")
    return found


def near(text: str) -> str | None:
    """Return a known name much like `text`, for "did you mean"; None if there is none."""
    found = difflib.get_close_matches(text.lower(), list(_BY_WORD), n=1, cutoff=0.75)
    return found[0] if found else None
