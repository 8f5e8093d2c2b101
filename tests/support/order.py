"""Which file goes first when several processes share the tests: a long one must not be what all wait for."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]
# Each of these keeps a process busy for half a minute or more; the longest first.
LONG_FILES = (
    "e2e/test_kills.py",
    "e2e/test_half_made.py",
    "e2e/test_clips.py",
    "e2e/test_processes_upload.py",
    "media/test_crash_recovery.py",
    "rooms/test_crash_points.py",
    "e2e/test_hostile_text.py",
    "api/test_generated_requests.py",
    "e2e/test_every_page.py",
    "media/test_browser.py",
    "house/test_package.py",
    "e2e/test_processes.py",
    "e2e/test_upload_queue.py",
    "e2e/test_first_video.py",
    "e2e/test_watching.py",
    "e2e/test_acts_of_a_video.py",
    "api/test_limits.py",
    "api/test_events.py",
    "api/test_resumable_outages.py",
    "rooms/test_storage_command.py",
    "e2e/test_damaged_pictures.py",
)
# The rest by folder: what starts whole installations before what computes for a moment.
FOLDERS = ("e2e", "media", "contract", "api", "rooms", "house", "unit")


def rank(path: Path) -> tuple[int, int]:
    """Where a file of tests belongs; files of one rank stay as they are among themselves."""
    name = path.relative_to(TESTS).as_posix()
    if name in LONG_FILES:
        return 0, LONG_FILES.index(name)
    folder = name.partition("/")[0]
    return 1, FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS)
