"""How hard a process is pressed, and what follows from it."""

import pytest

from services.chat.domain.pressure import EASE_AFTER_S, INTERVALS, Level, Pressure, Strain, level_of


@pytest.mark.parametrize(
    ("strain", "level"),
    [
        (Strain(), Level.CALM),
        (Strain(loop_s=0.09, writer_s=0.49, memory_share=0.79), Level.CALM),
        (Strain(loop_s=0.1), Level.BUSY),
        (Strain(writer_s=0.5), Level.BUSY),
        (Strain(memory_share=0.8), Level.BUSY),
        (Strain(loop_s=0.3), Level.OVERLOADED),
        (Strain(writer_s=1.0), Level.OVERLOADED),
        (Strain(memory_share=0.9), Level.OVERLOADED),
        (Strain(loop_s=0.1, memory_share=1.2), Level.OVERLOADED),
    ],
)
def test_the_worst_part_of_a_strain_decides(strain, level):
    assert level_of(strain) is level


def test_the_level_rises_at_once_and_falls_step_by_step():
    pressure = Pressure()

    levels = [
        pressure.judge(strain, now_s)
        for now_s, strain in [
            (0.0, Strain(loop_s=1)),
            (EASE_AFTER_S - 0.1, Strain()),
            (EASE_AFTER_S, Strain()),
            (2 * EASE_AFTER_S - 0.1, Strain()),
            (2 * EASE_AFTER_S, Strain()),
        ]
    ]

    assert levels == [Level.OVERLOADED, Level.OVERLOADED, Level.BUSY, Level.BUSY, Level.CALM]


def test_a_level_that_is_asked_for_now_and_then_stays():
    pressure = Pressure()

    for tenth in range(100):
        pressure.judge(Strain(writer_s=1.0 if tenth % 15 == 0 else 0.0), tenth / 10)

    assert pressure.level is Level.OVERLOADED


def test_the_harder_it_is_pressed_the_more_is_merged_and_typing_is_shed_last():
    pressure = Pressure()
    at_ease = pressure.intervals, pressure.sheds_typing
    pressure.judge(Strain(loop_s=0.1), 0.0)
    busy = pressure.intervals, pressure.sheds_typing
    pressure.judge(Strain(loop_s=0.3), 0.0)

    assert at_ease == (INTERVALS[Level.CALM], False)
    assert busy == (INTERVALS[Level.BUSY], False)
    assert pressure.sheds_typing
    for calm, pressed in [(Level.CALM, Level.BUSY), (Level.BUSY, Level.OVERLOADED)]:
        for name in INTERVALS[calm].__slots__:
            assert getattr(INTERVALS[calm], name) <= getattr(INTERVALS[pressed], name)
