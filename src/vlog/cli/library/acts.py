"""Verbs on one video or many: publish, hide, retry, delete, restore, purge. All are tried; some may fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated, Any

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library.naming import video_id
from vlog.cli.library.words import AsJson, Video, Videos, Yes, given_moment, print_json, say
from vlog.cli.plain import FAILED, complain, exit_code
from vlog.kit.errors import Unavailable, VlogError
from vlog.kit.lines import printable

Act = Callable[[AdminApi, int], Any]
PANEL = "Videos"
acts = typer.Typer()


class Priority(StrEnum):
    """How soon."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one video; ``video`` is how it was named, ``error`` a sentence."""

    video: str
    id: int | None = None
    ok: bool = True
    code: str | None = None
    error: str | None = None


@acts.command(rich_help_panel=PANEL, epilog="vlog publish am-see\n\nvlog publish 12 13 14 --json")
def publish(videos: Videos, as_json: AsJson = False) -> None:
    """Let visitors watch videos, as soon as they are ready."""
    with admin_api() as api:
        each(api, videos, _post("publish"), told="Video {} is published.", as_json=as_json)


@acts.command(rich_help_panel=PANEL, epilog="vlog unpublish am-see")
def unpublish(videos: Videos, as_json: AsJson = False) -> None:
    """Hide videos from visitors; their addresses stop working."""
    with admin_api() as api:
        each(api, videos, _post("unpublish"), told="Video {} is no longer published.", as_json=as_json)


@acts.command(rich_help_panel=PANEL, epilog="vlog schedule am-see 2026-12-24T18:00")
def schedule(
    video: Video,
    when: Annotated[
        str, typer.Argument(metavar="WHEN", help="Such as 2026-12-24T18:00, here or with +01:00.")
    ],
    as_json: AsJson = False,
) -> None:
    """Publish a video at a moment to come."""
    wanted = {"publish_at": given_moment(when, option="WHEN")}

    def act(api: AdminApi, found: int) -> Any:
        return api.send("POST", f"/api/videos/{found}/schedule", json=wanted)

    with admin_api() as api:
        each(api, [video], act, told=f"Video {{}} is published at {wanted['publish_at']}.", as_json=as_json)


@acts.command(rich_help_panel=PANEL)
def retry(videos: Videos, as_json: AsJson = False) -> None:
    """Make failed videos ready once more, from the sources that were kept."""
    with admin_api() as api:
        each(api, videos, _post("retry"), told="Video {} is being made ready again.", as_json=as_json)


@acts.command(
    rich_help_panel=PANEL,
    epilog="vlog retranscode am-see --quality 1080p --quality 720p\n\nvlog retranscode 12 13 --priority low",
)
def retranscode(
    videos: Videos,
    quality: Annotated[
        list[str] | None, typer.Option("--quality", help="Such as 720p; may be repeated. Default: all.")
    ] = None,
    priority: Annotated[Priority, typer.Option("--priority")] = Priority.NORMAL,
    as_json: AsJson = False,
) -> None:
    """Encode videos anew by the settings of now. What plays goes on playing until all of it is made."""
    wanted = {"qualities": quality or ["all"], "priority": priority.value}

    def act(api: AdminApi, found: int) -> Any:
        return api.send("POST", f"/api/videos/{found}/retranscode", json=wanted)

    with admin_api() as api:
        each(api, videos, act, told="Video {} is being encoded anew.", as_json=as_json)


@acts.command(rich_help_panel=PANEL, epilog="vlog restore am-see\n\nvlog archive shows what can be restored.")
def restore(videos: Videos, as_json: AsJson = False) -> None:
    """Take videos out of the archive."""
    with admin_api() as api:
        each(api, videos, _post("restore"), told="Video {} is restored.", as_json=as_json)


@acts.command(rich_help_panel=PANEL, epilog="vlog delete am-see\n\nvlog delete 12 13 --yes")
def delete(
    videos: Videos,
    permanent: Annotated[bool, typer.Option("--permanent", help="For good, with their sources.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Move videos to the archive, from where `vlog restore` brings them back; or delete them for good."""
    with admin_api() as api:
        if not yes:
            ask_first(api, videos, for_good=permanent)
        fate = "deleted for good" if permanent else "in the archive"
        each(api, videos, _purge if permanent else _trash, told=f"Video {{}} is {fate}.", as_json=as_json)


def each(api: AdminApi, names: Sequence[str], act: Act, *, told: str, as_json: bool) -> None:
    """Do ``act`` to all videos, whatever becomes of each; ends with the exit code of the failures.

    ``told`` has a place for the video's number. Raises ``Unavailable``: then the rest would fail too.
    """
    outcomes, failures = [], []
    for name in names:
        try:
            found = video_id(api, name)
            act(api, found)
            outcomes.append(Outcome(video=name, id=found))
            if not as_json:
                say(told.format(found))
        except Unavailable:
            raise
        except VlogError as error:
            outcomes.append(Outcome(video=name, ok=False, code=error.code, error=error.message))
            failures.append(error)
            complain(error.message if len(names) == 1 else f"{name}: {error.message}")
    if as_json:
        print_json({"results": [asdict(outcome) for outcome in outcomes], "failed": len(failures)})
    elif failures and len(names) > 1:
        complain(f"{len(names) - len(failures)} of {len(names)} done, {len(failures)} failed.")
    if failures:
        codes = {exit_code(error) for error in failures}
        raise typer.Exit(codes.pop() if len(codes) == 1 else FAILED)


def _post(verb: str) -> Act:
    return lambda api, found: api.send("POST", f"/api/videos/{found}/{verb}")


def _trash(api: AdminApi, found: int) -> None:
    api.send("DELETE", f"/api/videos/{found}", params={"permanent": "false"})


def _purge(api: AdminApi, found: int) -> None:
    # The archive always comes first; a video that lies there already stays there.
    for for_good in ("false", "true"):
        api.send("DELETE", f"/api/videos/{found}", params={"permanent": for_good})


def ask_first(api: AdminApi, names: Sequence[str], *, for_good: bool) -> None:
    """Ask whether these videos shall go; ends the command when they shall not."""
    titles = []
    for name in names:
        try:
            titles.append(f"“{printable(api.get(f'/api/videos/{video_id(api, name)}')['title'])}”")
        except Unavailable:
            raise
        except VlogError:
            # It is told in its turn.
            continue
    if not titles:
        return
    for title in titles if len(titles) > 1 else []:
        print(title)
    what = titles[0] if len(titles) == 1 else f"these {len(titles)} videos"
    question = (
        f"Delete {what} for good? Nothing can bring it back." if for_good else f"Move {what} to the archive?"
    )
    typer.confirm(question, abort=True)
