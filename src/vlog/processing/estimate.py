"""When a video can be watched and when all of it is made: foreseen from what workers have made so far.

Each kind of work goes at a pace of its own, measured over the time for which workers held its tasks: a night
in which everything stood still says nothing about how fast it goes on. Before anything was measured there is
no figure, and none while nobody works. Paces are averages over all that was made, so figures move slowly.

Pure: rows come in as values, ``processing.progress`` reads them. Work is weighed in pixels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vlog.media.encoders import COPY
from vlog.media.plan import AudioRendition, VideoRendition
from vlog.processing.rows import Planned

# Costs of a second of sound and of taking a stream over, in pixels of a picture that encode for the same.
_AUDIO_PIXELS = 60_000
_COPY_PIXELS = 5_000
# Below these an estimate says more about the start than about the rest.
_ESTIMATE_SECONDS = 3.0
_ESTIMATE_SHARE = 0.01
# Until a tool has started and filled its encoder, nothing comes out.
_MEASURED_SECONDS = 2.0
# Tools start with a burst, and progress comes in pieces: fewer cells say little about the pace.
_SOLID_CELLS = 2.0
_TELLING_SHARE = 0.2
_GLANCE_CELLS = 0.25
_GLANCE_MARGIN = 2.0
_LOST = ("failed", "skipped")


@dataclass(frozen=True, slots=True)
class Held:
    """A task in a worker's hands, for ``seconds`` by now.

    Of each of its renditions ``cells_made`` were made in this time; ``cells_ahead`` of them are done but not
    delivered.
    """

    kind: str
    renditions: tuple[str, ...]
    cells_ahead: float
    cells_made: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Finished:
    """What ended tasks of one kind for the same renditions have made together, and in how many seconds."""

    kind: str
    renditions: tuple[str, ...]
    cells: float
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """When viewers are to get the video (``streaming.publish_at``), and how fast it must be made for that."""

    publish_at: str
    least_speed: float
    duration_seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """All that is known of a job's making: the plan, what workers hold, and what they have ended."""

    renditions: Sequence[Planned]
    held: Sequence[Held]
    finished: Sequence[Finished]


def weight(spec: VideoRendition | AudioRendition) -> int:
    """What one cell of a rendition costs, in pixels."""
    if spec.encoder == COPY:
        return _COPY_PIXELS
    return spec.width * spec.height if isinstance(spec, VideoRendition) else _AUDIO_PIXELS


def rest_seconds(share: float | None, elapsed_seconds: float | None) -> float | None:
    """How long the rest of something takes at the speed so far."""
    if share is None or elapsed_seconds is None:
        return None
    if elapsed_seconds < _ESTIMATE_SECONDS or share < _ESTIMATE_SHARE:
        return None
    return elapsed_seconds * (1 - share) / share


def made_cells(renditions: Sequence[Planned], held: Iterable[Held]) -> dict[str, float]:
    """Cells of each rendition that are made, those included that a worker says it has not delivered yet."""
    made = {each.quality: float(each.segments_completed) for each in renditions}
    for task in held:
        for name in made.keys() & set(task.renditions):
            made[name] += task.cells_ahead
    return {each.quality: min(made[each.quality], each.segments_total) for each in renditions}


def all_seconds(work: Work) -> float | None:
    """How long it takes until everything is made."""
    wanted = _wanted(work)
    made = made_cells(wanted, work.held)
    left = {each.quality: each.segments_total - made[each.quality] for each in wanted}
    return _seconds(work, left, paces=_paces(work))


def playable_seconds(work: Work, aim: Aim) -> float | None:
    """How long it takes until viewers get the video; the caller knows that they have not."""
    if aim.publish_at == "complete":
        return all_seconds(work)
    wanted = _wanted(work)
    made = made_cells(wanted, work.held)
    first = _first_of_each_kind(wanted, made)
    paces = _paces(work)
    if aim.publish_at == "plan":
        begins = {each.quality: max(1 - made[each.quality], 0.0) for each in first}
        # A first glance is enough to foresee the first seconds where all goes far faster than it must.
        glance = paces or _paces(work, cells=_GLANCE_CELLS)
        margin = 1.0 if paces else _GLANCE_MARGIN
        if any(begins.values()) and _is_fast(work, first, aim, paces=glance, margin=margin):
            return _seconds(work, begins, paces=glance)
    return _seconds(
        work, {each.quality: each.segments_total - made[each.quality] for each in first}, paces=paces
    )


def _wanted(work: Work) -> list[Planned]:
    return [each for each in work.renditions if each.status not in _LOST]


def _first_of_each_kind(wanted: Iterable[Planned], made: Mapping[str, float]) -> list[Planned]:
    """The renditions that are made first: of the lowest stage, and of those the one with the least left."""
    first: dict[str, Planned] = {}
    for each in sorted(
        wanted, key=lambda one: (one.stage, (one.segments_total - made[one.quality]) * weight(one.spec))
    ):
        first.setdefault(each.kind, each)
    return list(first.values())


def _is_fast(
    work: Work, first: Iterable[Planned], aim: Aim, *, paces: Mapping[str, float], margin: float
) -> bool:
    """Whether all that plays first is made faster than it plays, by ``margin`` × what is asked for."""
    workers = _workers(work)
    for each in first:
        pace = paces.get(_kind_of(each))
        if pace is not None and each.segments_completed < each.segments_total:
            cells_per_second = pace * workers[_kind_of(each)] / weight(each.spec)
            if cells_per_second * aim.duration_seconds / each.segments_total < aim.least_speed * margin:
                return False
    return True


def _seconds(work: Work, cells: Mapping[str, float], *, paces: Mapping[str, float]) -> float | None:
    """How long the held workers take for so many cells of each rendition."""
    workers = _workers(work)
    if not paces or not workers:
        return None
    any_pace = sum(paces.values()) / len(paces)
    needed: defaultdict[str, float] = defaultdict(float)
    for each in work.renditions:
        needed[_kind_of(each)] += weight(each.spec) * cells.get(each.quality, 0.0)
    if needed["video"] and "video" not in paces:
        # Sound and copies go at another pace, and pictures are what takes the time.
        return None
    alone = {kind: amount / paces.get(kind, any_pace) for kind, amount in needed.items()}
    # Kinds go side by side where there are workers for it; no kind is faster than its own workers.
    together = sum(alone.values()) / workers.total()
    return max([together, *(seconds / workers[kind] for kind, seconds in alone.items() if workers[kind])])


def _kind_of(rendition: Planned) -> str:
    return "remux" if rendition.spec.encoder == COPY else rendition.kind


def _workers(work: Work) -> Counter[str]:
    return Counter(task.kind for task in work.held if task.renditions)


def _paces(work: Work, *, cells: float = _SOLID_CELLS) -> dict[str, float]:
    """Pixels per second that one worker makes of each kind, where at least so many cells were made of it."""
    weights = {each.quality: weight(each.spec) for each in work.renditions}
    made: defaultdict[str, float] = defaultdict(float)
    spent: defaultdict[str, float] = defaultdict(float)
    counted: defaultdict[str, float] = defaultdict(float)
    ended = [(each.kind, each.renditions, each.cells, each.seconds) for each in work.finished]
    going = [(each.kind, each.renditions, each.cells_made, each.seconds) for each in work.held]
    for kind, names, number, seconds in [*ended, *going]:
        made[kind] += number * sum(weights.get(name, 0) for name in names)
        spent[kind] += seconds
        counted[kind] += number
    # A short film has few cells: a good part of it is as telling.
    total = max((each.segments_total for each in work.renditions), default=0)
    least = min(cells, _TELLING_SHARE * total)
    return {
        kind: amount / spent[kind]
        for kind, amount in made.items()
        if amount > 0 and counted[kind] >= least and spent[kind] >= _MEASURED_SECONDS
    }
