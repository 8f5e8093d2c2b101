"""All settings, declared once."""

from __future__ import annotations

from typing import Any

from vlog.settings.spec import Setting

_DOMAIN = r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?"

SEGMENT_SECONDS = Setting(
    key="streaming.segment_duration",
    default=6,
    minimum=2,
    maximum=10,
    help="Length of a segment in seconds.",
)
ENABLE_DASH = Setting(
    key="streaming.enable_dash",
    default=True,
    help="Write a DASH manifest beside the HLS playlists: VLog's player needs it wherever the browser does "
    "not play HLS by itself.",
)
PUBLISH_AT = Setting(
    key="streaming.publish_at",
    default="plan",
    choices=("plan", "first_rendition", "complete"),
    help="When viewers get a video: as soon as its first segments are there and the rest is made faster than"
    " it plays (plan), when its first rendition is complete, or when all are.",
)
LEAST_SPEED = Setting(
    key="streaming.publish_speed",
    default=1.5,
    minimum=0,
    maximum=100,
    help="How many times faster than it plays a rendition must be made to be offered before it is complete.",
)
CHUNK_SECONDS = Setting(
    key="transcoding.chunk_duration",
    default=30,
    minimum=6,
    maximum=600,
    help="Seconds of video that one encoding task covers: short ones spread a video over more workers.",
)
H264_PRESET = Setting(
    key="transcoding.h264_preset",
    default="veryfast",
    choices=("ultrafast", "superfast", "veryfast", "medium", "slow"),
    help="Speed of the H.264 encoder; slower ones need fewer bits for the same picture.",
)
H264_CRF = Setting(
    key="transcoding.h264_crf",
    default=23,
    minimum=12,
    maximum=40,
    help="Quality of H.264 pictures: lower is better and larger. The bit rate of each rung stays capped.",
)
AUDIO_KBPS = Setting(
    key="transcoding.audio_bitrate_kbps",
    default=128,
    minimum=48,
    maximum=320,
    help="Bit rate of the shared AAC sound, in kilobits per second.",
)
NORMALIZE_AUDIO = Setting(
    key="audio.normalize",
    default=True,
    help="Make all videos equally loud: each one's sound is raised or lowered as a whole, never compressed.",
)
TARGET_LUFS = Setting(
    key="audio.target_lufs",
    default=-16,
    minimum=-30,
    maximum=-10,
    help="How loud sound is made, in LUFS. Peaks stay below -1 dBTP, so some sound stays quieter.",
)
ACCEPT_AUDIO = Setting(
    key="transcoding.accept_audio",
    default=True,
    help="Take sources of sound alone, such as MP3 or FLAC files; they play behind a poster.",
)
REMUX = Setting(
    key="transcoding.remux",
    default=True,
    help="Offer H.264 sources as they are, playable seconds after the upload, beside the encoded renditions.",
)
MAX_RETRIES = Setting(
    key="transcoding.max_retries",
    default=3,
    minimum=1,
    maximum=10,
    env="VLOG_MAX_RETRY_ATTEMPTS",
    help="Attempts that a task gets before it has failed for good.",
)
RETRY_BACKOFF_SECONDS = Setting(
    key="transcoding.retry_backoff_base",
    default=10,
    minimum=0,
    maximum=600,
    env="VLOG_RETRY_BACKOFF_BASE",
    help="Seconds that a failed task waits before its second attempt; doubles with each further one.",
)
MAX_UPLOAD_MB = Setting(
    key="storage.max_upload_size_mb",
    default=102_400,
    minimum=1,
    maximum=10_485_760,
    help="Largest source file that is accepted, in mebibytes.",
)
INBOX = Setting(
    key="storage.inbox",
    default=True,
    help="Make videos of the files that appear in the folder uploads/inbox of the storage.",
)
INBOX_SETTLE_SECONDS = Setting(
    key="storage.inbox_settle_seconds",
    default=10,
    minimum=1,
    maximum=3600,
    help="Seconds for which a file in the inbox must stay as it is before it counts as complete.",
)
INBOX_PUBLISH = Setting(
    key="storage.inbox_publish",
    default=True,
    help="Publish videos that come by the inbox as soon as they are ready.",
)
INBOX_WATCH = Setting(
    key="storage.inbox_watch",
    default="auto",
    choices=("auto", "events", "polling", "off"),
    help=(
        "How new files in the inbox are noticed at once: by the system's events, by polling (network disks, "
        "which auto recognises), or not; a look each minute finds them in any case."
    ),
)
UPLOAD_EXPIRY_HOURS = Setting(
    key="storage.upload_expiry_hours",
    default=168,
    minimum=1,
    maximum=8760,
    help="Hours for which an interrupted upload can be resumed.",
)
UPLOAD_IDLE_SECONDS = Setting(
    key="storage.upload_idle_seconds",
    default=30,
    minimum=1,
    maximum=3600,
    help="Seconds in which at least 16 KiB of an upload must come; it is cut then, and can be resumed.",
)
MAX_OPEN_UPLOADS = Setting(
    key="storage.max_open_uploads",
    default=100,
    minimum=1,
    maximum=10_000,
    help="Uploads that one person may have begun and not ended.",
)
OPEN_UPLOADS_QUOTA_MB = Setting(
    key="storage.open_uploads_quota_mb",
    default=1_048_576,
    minimum=1,
    maximum=104_857_600,
    help="Total size of the uploads that one person may have begun and not ended, in mebibytes.",
)
MAX_DURATION_HOURS = Setting(
    key="storage.max_duration_hours",
    default=12,
    minimum=1,
    maximum=100,
    help="Longest video that is accepted, in hours.",
)
RETIRED_GRACE_MINUTES = Setting(
    key="storage.retired_grace_minutes",
    default=60,
    minimum=1,
    maximum=10_080,
    help="Minutes for which the files of a replaced encoding stay, for viewers who are still watching it.",
)
VERIFY_INTERVAL_DAYS = Setting(
    key="storage.verify_interval_days",
    default=7,
    minimum=0,
    maximum=365,
    help="Days between two checks of all stored files against their hashes; 0 never checks by itself.",
)
VERIFY_RATE_MB = Setting(
    key="storage.verify_rate_mb",
    default=20,
    minimum=1,
    maximum=10_000,
    help="Mebibytes per second that such a check reads at most.",
)
ARCHIVE_RETENTION_DAYS = Setting(
    key="archive.retention_days",
    default=30,
    minimum=0,
    maximum=36_500,
    help="Days for which deleted videos can be restored before they are removed for good; 0 keeps them.",
)
ARCHIVE_PURGE_LIMIT = Setting(
    key="archive.purge_limit",
    default=100,
    minimum=1,
    maximum=10_000,
    help="Deleted videos that may be removed at once without anybody being asked. When more are due, none is:"
    " an admin looks first.",
)
PREVIEWS = Setting(
    key="previews.enabled",
    default=True,
    help="Make a silent film of a few seconds of each video, which lists play under the pointer.",
)
AUDIT_RETENTION_DAYS = Setting(
    key="audit.retention_days",
    default=365,
    minimum=1,
    maximum=36_500,
    help="Days for which the audit log keeps who has done what.",
)
SITE_NAME = Setting(
    key="display.site_name",
    default="VLog",
    help="Name of the site, as visitors see it.",
)
TAGLINE = Setting(
    key="display.tagline",
    default="",
    help="A line under the site's name.",
)
LANGUAGE = Setting(
    key="site.language",
    default="auto",
    choices=("auto", "en", "de"),
    help="Language of the public pages: the one that the visitor's browser asks for (auto), or this one. "
    "Visitors can choose another at the foot of each page.",
)
INDEXABLE = Setting(
    key="display.indexable",
    default=True,
    help="Let search engines list the public site: off, robots.txt and every page ask them to stay away.",
)
SHOW_VIEW_COUNTS = Setting(
    key="display.show_view_counts",
    default=True,
    help="Show visitors how often a video was watched.",
)
EMBED_DOMAINS = Setting(
    key="embed.allowed_domains",
    default="",
    pattern=rf"\s*({_DOMAIN}([\s,]+{_DOMAIN})*)?\s*",
    words="domains, separated by commas, such as example.com, *.example.org",
    help="Sites that may show videos of this one in a frame, separated by commas; `*.example.org` stands for "
    "all names below it. Empty: every site may.",
)


KNOWN: dict[str, Setting[Any]] = {
    setting.key: setting for setting in tuple(globals().values()) if isinstance(setting, Setting)
}
