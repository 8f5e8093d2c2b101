"""`vlog thumbnail`: the picture that stands for a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vlog.cli.client import AdminApi, admin_api
from vlog.cli.library.acts import PANEL
from vlog.cli.library.naming import video_id
from vlog.cli.library.words import AsJson, Video, print_facts, print_json
from vlog.kit.errors import Invalid, NotFound
from vlog.media.chapters import seconds_of

thumbnails = typer.Typer()


@thumbnails.command(
    rich_help_panel=PANEL,
    epilog="vlog thumbnail am-see --at 1:23\n\nvlog thumbnail am-see --image poster.png"
    "\n\nvlog thumbnail am-see --revert",
)
def thumbnail(
    video: Video,
    at: Annotated[str | None, typer.Option("--at", metavar="TIME", help="The picture at this time.")] = None,
    image: Annotated[Path | None, typer.Option("--image", metavar="FILE", help="JPEG, PNG or WebP.")] = None,
    revert: Annotated[bool, typer.Option("--revert", help="The one that was chosen by itself.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show which picture stands for a video, or choose another."""
    if sum((at is not None, image is not None, revert)) > 1:
        raise Invalid("Choose one of --at, --image and --revert.")
    with admin_api() as api:
        path = f"/api/videos/{video_id(api, video)}/thumbnail"
        if at is not None:
            if (seconds := seconds_of(at)) is None:
                raise Invalid(f"{at} is no time: write 1:02:03, 4:30 or 270.5.")
            found = api.send("POST", f"{path}/select", json={"time_seconds": seconds})
        elif image is not None:
            found = _upload(api, path, image)
        else:
            found = api.send("POST", f"{path}/revert") if revert else api.get(path)
        public = api.config.admin_base_url
    if as_json:
        print_json(found)
        return
    url = found["thumbnail_url"]
    print_facts(
        {
            "Picture": f"{public}{url}" if url else "none yet",
            "Chosen": found["thumbnail_source"],
            "At": None if found["thumbnail_timestamp"] is None else f"{found['thumbnail_timestamp']:g} s",
            "Pending": "another one is being made" if found["is_pending"] else None,
        }
    )


def _upload(api: AdminApi, path: str, image: Path) -> Any:
    try:
        with image.open("rb") as opened:
            return api.send("POST", f"{path}/upload", files={"file": (image.name, opened)})
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {image}.") from error
    except OSError as error:
        raise Invalid(f"{image} can't be read: {error.strerror}.") from error
