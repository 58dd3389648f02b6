"""What the words for styles look like, in the colours that the person has chosen for the terminal."""

from collections.abc import Mapping

STYLES: Mapping[str, str] = {
    "bottom-toolbar": "noreverse",
    "bar": "ansibrightblack",
    "bar.good": "ansigreen",
    "bar.warn": "ansiyellow",
    "bar.bad": "ansired",
    "prompt": "bold",
    "title": "bold",
    "strong": "bold",
    "me": "bold",
    "dim": "ansibrightblack",
    "quiet": "ansibrightblack italic",
    "note": "ansicyan",
    "good": "ansigreen",
    "bad": "ansired",
    "tick.grey": "ansibrightblack",
    "tick.blue": "bold ansibrightblue",
    "tick.red": "ansired",
    "tick.green": "ansigreen",
    "tick.yellow": "ansiyellow",
    "name0": "ansicyan",
    "name1": "ansiyellow",
    "name2": "ansimagenta",
    "name3": "ansibrightblue",
    "name4": "ansibrightgreen",
    "name5": "ansibrightred",
}
