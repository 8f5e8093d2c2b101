"""The verbs of the command `vlog`, their options, and their help."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from enum import StrEnum
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer

from vlog.cli.client import admin_api
from vlog.cli.inbox import list_inbox
from vlog.cli.library.acts import PANEL as VIDEOS
from vlog.cli.library.acts import acts
from vlog.cli.library.auditing import auditing
from vlog.cli.library.chapters import chapters
from vlog.cli.library.editing import editing
from vlog.cli.library.fields import fields
from vlog.cli.library.findings import findings
from vlog.cli.library.listing import listing
from vlog.cli.library.naming import video_id
from vlog.cli.library.playlists import playlists
from vlog.cli.library.purging import purging
from vlog.cli.library.taxonomy import categories, tags
from vlog.cli.library.thumbnails import thumbnails
from vlog.cli.library.transfer import transfer
from vlog.cli.library.words import AsJson
from vlog.cli.main import BACKGROUND, DATABASE, DOCTOR, DOWNLOAD, SERVE, STORAGE, TRANSCODER, UP, become
from vlog.cli.plain import DEBUG, FAILED, exit_code, run_plainly
from vlog.cli.upload import Wish, check_file, upload

EPILOG = (
    "Settings come from the environment: VLOG_DATA_DIR, VLOG_STORAGE_PATH, VLOG_PUBLIC_PORT, "
    "VLOG_ADMIN_PORT, VLOG_WORKER_API_PORT, VLOG_DATABASE_URL, VLOG_ADMIN_API_SECRET and others."
)
app = typer.Typer(
    name="vlog",
    help="VLog: your own video platform.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
work = typer.Typer(help="Run one worker in the foreground.", no_args_is_help=True)
database = typer.Typer(help="Look after the database.", no_args_is_help=True)
storage = typer.Typer(help="Look after the stored files.", no_args_is_help=True)
RUN, LIBRARY, CARE = "Run VLog", "Library", "Care"
app.add_typer(work, name="work", rich_help_panel=RUN)
app.add_typer(database, name="db", rich_help_panel=CARE)
app.add_typer(storage, name="storage", rich_help_panel=CARE)
storage.add_typer(findings)


class Service(StrEnum):
    """What `vlog serve` can serve."""

    ALL = "all"
    PUBLIC = "public"
    ADMIN = "admin"
    WORKER_API = "worker-api"


@app.callback()
def options(
    debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks of errors.")] = False,
) -> None:
    """VLog: your own video platform."""


@app.command(rich_help_panel=RUN)
def up() -> None:
    """Start everything on this machine: database, public site, admin site, workers. Ctrl-C stops it."""
    become(UP)


@app.command(rich_help_panel=RUN)
def serve(service: Annotated[Service, typer.Argument(help="Which of the three services.")]) -> None:
    """Serve the public site (public), the admin site (admin), the Worker API (worker-api), or all."""
    become(SERVE, service.value)


@work.command()
def transcoder() -> None:
    """Make uploaded videos playable: probe, remux, encode."""
    become(TRANSCODER)


@work.command()
def background() -> None:
    """Do what time brings: expired leases, outbox, clean-up. One per installation works, others stand by."""
    become(BACKGROUND)


@database.command("upgrade")
def database_upgrade() -> None:
    """Bring the database to the schema that this VLog needs. `vlog up` does it by itself."""
    become(DATABASE, "upgrade")


@database.command("status")
def database_status() -> None:
    """Say where the schema stands; exit code 1 when it needs an upgrade."""
    become(DATABASE, "status")


@storage.command("verify")
def storage_verify(
    video: Annotated[int | None, typer.Option("--video", min=1, help="Only this video.")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make damaged files again from the source.")
    ] = False,
    rate_mb: Annotated[int, typer.Option("--rate", min=0, help="MiB per second at most; 0: no limit.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare every stored file with its hash and its row. Deletes nothing; exit code 1 for
    findings that nobody has acknowledged.
    """
    only = [] if video is None else ["--video", str(video)]
    flags = [name for name, given in (("--repair", repair), ("--json", as_json)) if given]
    become(STORAGE, "verify", *only, *flags, "--rate", str(rate_mb))


@storage.command("adopt")
def storage_adopt() -> None:
    """Put this installation's marker into the storage folder, such as after restoring it without one."""
    become(STORAGE, "adopt")


@app.command(rich_help_panel=CARE)
def doctor(as_json: AsJson = False) -> None:
    """Look at everything that VLog needs on this machine, and say how to mend what is wrong."""
    become(DOCTOR, *(["--json"] if as_json else []))


@app.command("upload", rich_help_panel=VIDEOS)
def upload_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Video files.", show_default=False)],
    title: Annotated[str | None, typer.Option("-t", "--title", help="Default: from the file name.")] = None,
    description: Annotated[str, typer.Option("-d", "--description", help="Plain text.")] = "",
    category: Annotated[str | None, typer.Option("-c", "--category", help="Its name or slug.")] = None,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="Keep it from visitors when ready.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when it plays, or has failed.")] = False,
    sha256: Annotated[
        bool, typer.Option("--sha256", help="Promise each file's hash first; another file is refused.")
    ] = False,
    patience: Annotated[
        float, typer.Option(min=0, metavar="MINUTES", help="How long to wait for a server that went away.")
    ] = 10,
    replaces: Annotated[
        str | None,
        typer.Option("--replaces", metavar="VIDEO", help="Put the file in the place of its source."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Upload videos and print where they can be watched. Whatever breaks off goes on where it stopped:
    by itself, or when the same command is run again.
    """
    for file in files:
        check_file(file)
    wish = Wish(
        title,
        description,
        category,
        publish=not no_publish,
        wait=wait,
        sha256=sha256,
        patience_minutes=patience,
    )
    with admin_api() as api:
        if replaces is not None:
            wish = replace(wish, replaces=video_id(api, replaces))
        if not upload(api, files, wish=wish, as_json=as_json):
            raise typer.Exit(FAILED)


@app.command(
    rich_help_panel=VIDEOS, epilog="vlog download https://videos.example/watch?v=1 --category talks --wait"
)
def download(
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Pages or files.", show_default=False)],
    title: Annotated[str | None, typer.Option("-t", "--title", help="Default: what the page says.")] = None,
    description: Annotated[str, typer.Option("-d", "--description", help="Default: the page's.")] = "",
    category: Annotated[str | None, typer.Option("-c", "--category", help="Its name or slug.")] = None,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="Keep it from visitors when ready.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when it plays, or has failed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Download videos from elsewhere in the web (by yt-dlp, in a jail) and upload them here."""
    wish = Wish(title, description, category, publish=not no_publish, wait=wait)
    asked = {"urls": urls, "wish": asdict(wish), "as_json": as_json}
    become(DOWNLOAD, json.dumps(asked))


@app.command("inbox", rich_help_panel=VIDEOS)
def show_inbox(as_json: AsJson = False) -> None:
    """List the files in the watched folder; exit code 1 when one of them can't become a video."""
    with admin_api() as api:
        if not list_inbox(api, as_json=as_json):
            raise typer.Exit(FAILED)


@app.command(rich_help_panel=CARE)
def version() -> None:
    """Print the version."""
    print(f"vlog {installed_version('vlog')}")


for verbs in (listing, editing, thumbnails, acts, purging, transfer, auditing):
    app.add_typer(verbs)
for name, group in (
    ("categories", categories),
    ("tags", tags),
    ("playlists", playlists),
    ("chapters", chapters),
    ("fields", fields),
):
    app.add_typer(group, name=name, rich_help_panel=LIBRARY)


def main() -> None:
    """Parse the command line and do what it says."""
    command = typer.main.get_command(app)
    run_plainly(lambda: command.main(prog_name="vlog"), debug=DEBUG in sys.argv, code_of=exit_code)


if __name__ == "__main__":
    main()
