"""When a video can be watched: a figure only with a basis, that of what is needed for it, and a calm one."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from vlog.media.plan import AudioRendition, VideoRendition
from vlog.processing.estimate import (
    Aim,
    Finished,
    Held,
    Work,
    all_seconds,
    made_cells,
    playable_seconds,
    rest_seconds,
    weight,
)
from vlog.processing.rows import Planned

PLAN = Aim(publish_at="plan", least_speed=1.5, duration_seconds=60)
FIRST = Aim(publish_at="first_rendition", least_speed=1.5, duration_seconds=60)
COMPLETE = Aim(publish_at="complete", least_speed=1.5, duration_seconds=60)


def rung(
    name: str,
    done: int = 0,
    *,
    height: int = 360,
    stage: int = 0,
    status: str = "in_progress",
    encoder: str = "libx264",
) -> Planned:
    spec = VideoRendition(name=name, width=height * 16 // 9, height=height, encoder=encoder)
    return planned(name, spec, done, stage=stage, status=status)


def sound(done: int = 0, *, status: str = "in_progress") -> Planned:
    spec = AudioRendition(name="audio", encoder="aac", sample_rate=48_000, channels=2, bit_rate=128_000)
    return planned("audio", spec, done, stage=0, status=status)


def planned(
    name: str, spec: VideoRendition | AudioRendition, done: int, *, stage: int, status: str
) -> Planned:
    return Planned(
        quality=name,
        kind="video" if isinstance(spec, VideoRendition) else "audio",
        stage=stage,
        spec=spec,
        status=status,
        segments_total=10,
        segments_completed=done,
    )


def work(*renditions: Planned, held: list[Held], finished: list[Finished] | None = None) -> Work:
    return Work(renditions=renditions, held=held, finished=finished or [])


def at_it(name: str, made: float, seconds: float, *, kind: str = "video") -> Held:
    """A worker that has made so many cells, all of them delivered."""
    return Held(kind, (name,), 0.0, cells_made=made, seconds=seconds)


def test_a_burst_at_the_start_is_no_pace() -> None:
    """A tool that has just begun has promised much; a little later it stands still."""
    burst = work(rung("360p"), held=[at_it("360p", 1.2, 2.5)])
    assert (playable_seconds(burst, FIRST), all_seconds(burst)) == (None, None)


def test_a_first_glance_foresees_the_first_seconds_of_fast_machines_only() -> None:
    fast = work(rung("360p"), held=[Held("video", ("360p",), 0.5, cells_made=0.5, seconds=2.0)])
    assert playable_seconds(fast, PLAN) is None, "as fast as it must be, and no faster"
    held = [Held("video", ("360p",), 0.4, cells_made=0.7, seconds=2.0) for _ in range(2)]
    assert playable_seconds(work(rung("360p"), held=held), PLAN) == pytest.approx(0.2 / 0.7)


def test_before_anything_was_made_there_is_no_figure() -> None:
    for aim in (PLAN, FIRST, COMPLETE):
        assert playable_seconds(work(held=[]), aim) is None
        assert playable_seconds(work(rung("360p"), held=[]), aim) is None
        assert playable_seconds(work(rung("360p"), held=[at_it("360p", 0, 30)]), aim) is None
        assert playable_seconds(work(rung("360p"), held=[at_it("360p", 1, 0.5)]), aim) is None
    inspecting = Held("inspect", (), 0.0, seconds=60)
    assert all_seconds(work(rung("360p"), held=[inspecting])) is None


def test_nobody_at_work_is_no_figure_either() -> None:
    waiting = work(rung("360p", 5), held=[], finished=[Finished("video", ("360p",), 5, 50)])
    assert (playable_seconds(waiting, FIRST), all_seconds(waiting)) == (None, None)


def test_each_aim_waits_for_what_it_needs() -> None:
    """A cell of the small one takes two seconds, and ten make a rendition; the large one costs more."""
    small, large = rung("360p", 4), rung("1080p", height=1080, stage=1)
    now = work(small, large, held=[at_it("360p", 4, 8.0)])
    cost = weight(large.spec) / weight(small.spec)
    assert playable_seconds(now, FIRST) == pytest.approx(6 * 2)
    assert playable_seconds(now, COMPLETE) == pytest.approx(6 * 2 + 10 * 2 * cost)
    assert all_seconds(now) == playable_seconds(now, COMPLETE)


def test_by_plan_the_first_cells_are_enough_where_the_rest_comes_fast() -> None:
    """Three workers, each with two thirds of a cell in two seconds, of which none is delivered."""
    beginning = [Held("video", ("360p",), 0.2, cells_made=0.7, seconds=2.0) for _ in range(3)]
    left = playable_seconds(work(rung("360p"), held=beginning), PLAN)
    assert left == pytest.approx(0.4 / (3 * 0.35))


def test_by_plan_a_slow_machine_has_to_end_the_first_rendition() -> None:
    """A cell of 6 seconds takes 10: that is not faster than it plays."""
    slow = work(rung("360p", 2), rung("720p", height=720, stage=1), held=[at_it("360p", 2, 20.0)])
    assert playable_seconds(slow, PLAN) == pytest.approx(80)
    # Two workers side by side are faster than one.
    both = work(rung("360p", 2), held=[at_it("360p", 2, 20.0), at_it("360p", 0, 0.0)])
    assert playable_seconds(both, PLAN) == pytest.approx(40)


def test_sound_is_waited_for_as_well() -> None:
    both = work(
        rung("360p", 10, status="completed"),
        sound(2),
        held=[at_it("audio", 2, 4.0, kind="audio")],
        finished=[Finished("video", ("360p",), 10, 5.0)],
    )
    assert playable_seconds(both, FIRST) == pytest.approx(16)


def test_sound_says_nothing_about_pictures() -> None:
    """Most of the sound is made before the first picture comes out."""
    early = work(rung("360p"), sound(8), held=[at_it("audio", 8, 6.0, kind="audio"), at_it("360p", 0, 6.0)])
    assert [playable_seconds(early, aim) for aim in (PLAN, FIRST, COMPLETE)] == [None] * 3


def test_copies_are_told_apart_from_what_is_encoded() -> None:
    """A copy that flies says nothing about the encoding that follows."""
    copied, rest = rung("original", 8, encoder="copy"), rung("360p", stage=1)
    now = work(copied, rest, held=[at_it("original", 8, 4.0, kind="remux"), at_it("360p", 2, 20.0)])
    assert playable_seconds(now, FIRST) == pytest.approx(1)
    assert all_seconds(now) == pytest.approx(100)


def test_what_has_been_given_up_is_not_waited_for() -> None:
    lost = rung("1080p", height=1080, stage=1, status="failed")
    now = work(rung("360p", 5), lost, held=[at_it("360p", 5, 5.0)])
    assert all_seconds(now) == pytest.approx(5)


def test_a_night_of_silence_does_not_count() -> None:
    """Ended tasks bring the seconds in which they were held, not those of the clock."""
    now = work(rung("360p", 5), held=[at_it("360p", 1, 2.0)], finished=[Finished("video", ("360p",), 4, 8.0)])
    assert all_seconds(now) == pytest.approx(10)


def test_figures_move_slowly_whatever_the_pace_does() -> None:
    """Cells that take from half to double their usual time: the end foreseen never jumps by a third."""
    dice = random.Random(7)
    total, spent, ends = 200, 0.0, []
    for done in range(1, total):
        spent += dice.uniform(1.0, 4.0)
        each = Planned(
            quality="360p",
            kind="video",
            stage=0,
            spec=VideoRendition(name="360p", width=640, height=360, encoder="libx264"),
            status="in_progress",
            segments_total=total,
            segments_completed=done,
        )
        left = all_seconds(Work(renditions=[each], held=[at_it("360p", done, spent)], finished=[]))
        if done >= 10 and left is not None:
            ends.append(spent + left)
    jumps = [abs(after - before) / before for before, after in pairwise(ends)]
    assert len(ends) > 150
    assert max(jumps) < 0.1
    assert ends[-1] == pytest.approx(spent, rel=0.05)


def test_nobody_is_ahead_of_the_end() -> None:
    held = [Held("video", ("360p",), 7.0), Held("video", ("360p",), 7.0)]
    assert made_cells([rung("360p", 9)], held) == {"360p": 10}


def test_the_rest_takes_as_long_as_the_past() -> None:
    assert rest_seconds(0.25, 30.0) == pytest.approx(90)
    assert rest_seconds(1.0, 30.0) == 0


@pytest.mark.parametrize(("share", "elapsed"), [(None, 30.0), (0.5, None), (0.5, 0.5), (0.0, 60.0)])
def test_too_early_to_tell(share: float | None, elapsed: float | None) -> None:
    assert rest_seconds(share, elapsed) is None
