"""The road at full width: resumable uploads, the inbox, demand, sound levels, pictures, checked storage."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A source on its way in: ``offset_bytes`` is what is durable in ``uploads/{id}.part``. ``epoch`` fences
# writers: each request raises it, and whoever holds an older one has lost the upload. ``details`` is what is
# to be known of the video, ``metadata`` the same as the client wrote it, ``sha256`` what its bytes came to.
# ``idempotency_keys`` holds answers that are given again to whoever sends the same request with the same key.
UPLOADS = (
    """
    CREATE TABLE uploads (
      id varchar(32) PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
      state varchar(10) NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'accepted', 'failed')),
      length_bytes bigint NOT NULL CHECK (length_bytes > 0),
      offset_bytes bigint NOT NULL DEFAULT 0 CHECK (offset_bytes BETWEEN 0 AND length_bytes),
      epoch integer NOT NULL DEFAULT 0,
      metadata text NOT NULL DEFAULT '',
      details jsonb NOT NULL,
      promised_sha256 bytea CHECK (octet_length(promised_sha256) = 32),
      sha256 bytea CHECK (octet_length(sha256) = 32),
      owner varchar(100) NOT NULL DEFAULT '',
      video_id bigint REFERENCES videos ON DELETE SET NULL,
      error_code varchar(50),
      error_message varchar(2000),
      created_at timestamptz NOT NULL DEFAULT app_now(),
      updated_at timestamptz NOT NULL DEFAULT app_now(),
      expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX ix_uploads_expiry ON uploads (expires_at)",
    "CREATE INDEX ix_uploads_receiving ON uploads (created_at DESC) WHERE state = 'receiving'",
    """
    CREATE TABLE idempotency_keys (
      scope varchar(50) NOT NULL,
      key varchar(255) NOT NULL,
      request_sha256 bytea NOT NULL,
      answer jsonb,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      PRIMARY KEY (scope, key)
    )
    """,
    "CREATE INDEX ix_idempotency_keys_age ON idempotency_keys (created_at)",
)

# Files that lie in the inbox folder: waiting until they stop growing, being taken, accepted, or refused.
# ``upload_id`` names the file below ``uploads`` that is becoming the source; ``is_copy`` says that the file
# itself stays in the inbox until its copy is a video.
INBOX = (
    """
    CREATE TABLE inbox_files (
      name varchar(1000) PRIMARY KEY,
      state varchar(10) NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'taking', 'accepted', 'failed')),
      size_bytes bigint NOT NULL,
      modified_ns bigint NOT NULL,
      upload_id varchar(32) UNIQUE CHECK (upload_id ~ '^[0-9a-f]{32}$'),
      is_copy boolean NOT NULL DEFAULT false,
      video_id bigint REFERENCES videos ON DELETE SET NULL,
      error_code varchar(50),
      error_message varchar(2000),
      first_seen_at timestamptz NOT NULL DEFAULT app_now(),
      changed_at timestamptz NOT NULL DEFAULT app_now(),
      CHECK (state <> 'taking' OR upload_id IS NOT NULL)
    )
    """,
)

# When somebody last waited for a piece that a task makes; such tasks come first among their equals.
# ``split_end`` is where a task ended before the cells from ``end_cell`` on were given to others.
# ``opened_at`` is when viewers were first offered a rendition that is still being made.
DEMAND = (
    "ALTER TABLE transcoding_tasks ADD COLUMN demanded_at timestamptz",
    "ALTER TABLE transcoding_tasks ADD COLUMN split_end integer",
    "DROP INDEX ix_tasks_claim",
    """
    CREATE INDEX ix_tasks_claim ON transcoding_tasks
      (priority, demanded_at DESC NULLS LAST, stage, job_id, first_cell, id) WHERE state = 'queued'
    """,
    "ALTER TABLE quality_progress ADD COLUMN opened_at timestamptz",
)

# What is known of a source that viewers and owners should know.
SOURCES = (
    "ALTER TABLE videos ADD COLUMN warnings text[] NOT NULL DEFAULT '{}'",
    "CREATE INDEX ix_videos_remarked ON videos (id) WHERE warnings <> '{}' AND deleted_at IS NULL",
    "ALTER TABLE transcoding_tasks ADD COLUMN missing_frames integer NOT NULL DEFAULT 0",
)

# A source may be sound alone: its pictures have a name of their own in what was inspected, and its codec is
# that of sound. What was measured of a rendition's sound, once and for all attempts.
SOUND = (
    """
    UPDATE generations SET info = (info - 'video') || jsonb_build_object('pictures', info -> 'video')
    WHERE info ? 'video'
    """,
    "ALTER TABLE videos DROP CONSTRAINT videos_primary_codec_check",
    """
    ALTER TABLE videos ADD CONSTRAINT videos_primary_codec_check
      CHECK (primary_codec IN ('h264', 'hevc', 'av1', 'aac'))
    """,
    "ALTER TABLE quality_progress ADD COLUMN loudness jsonb",
)

# In which sizes and formats the thumbnail lies in the storage: a JSON list of format, width and height.
PICTURES = ("ALTER TABLE videos ADD COLUMN thumbnail_files jsonb NOT NULL DEFAULT '[]'",)

# Checks of the storage against the rows, and what they have found that is not mended yet. Whoever makes a
# check touches it now and then. A finding is acknowledged by somebody who can live with it, and mending while
# what was found is being made again.
STORAGE = (
    """
    CREATE TABLE storage_checks (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      state varchar(10) NOT NULL DEFAULT 'requested'
        CHECK (state IN ('requested', 'running', 'done', 'failed', 'stopped')),
      requested_at timestamptz NOT NULL DEFAULT app_now(),
      started_at timestamptz,
      touched_at timestamptz NOT NULL DEFAULT app_now(),
      finished_at timestamptz,
      files bigint NOT NULL DEFAULT 0,
      size_bytes bigint NOT NULL DEFAULT 0,
      total_bytes bigint NOT NULL DEFAULT 0,
      findings integer NOT NULL DEFAULT 0,
      error_message varchar(2000)
    )
    """,
    """
    CREATE TABLE storage_findings (
      key varchar(1000) PRIMARY KEY,
      kind varchar(10) NOT NULL CHECK (kind IN ('missing', 'damaged', 'unknown')),
      part varchar(10) NOT NULL,
      video_id bigint REFERENCES videos ON DELETE CASCADE,
      generation_id bigint REFERENCES generations ON DELETE CASCADE,
      quality varchar(20),
      number integer,
      found_at timestamptz NOT NULL DEFAULT app_now(),
      seen_at timestamptz NOT NULL DEFAULT app_now(),
      acknowledged_at timestamptz,
      mending_at timestamptz
    )
    """,
    """
    CREATE INDEX ix_storage_checks_open ON storage_checks (id) WHERE state IN ('requested', 'running')
    """,
    """
    CREATE INDEX ix_storage_findings_mending ON storage_findings (video_id) WHERE mending_at IS NOT NULL
    """,
    "CREATE INDEX ix_storage_findings_video ON storage_findings (video_id)",
    "CREATE INDEX ix_storage_findings_found ON storage_findings (found_at DESC)",
)

# What is asked for again and again, of tables that only grow: a handful of rows each, found without the rest.
# The last ones are for deletions, which look for whatever refers to a row.
INDEXES = (
    """
    CREATE INDEX ix_tasks_remux ON transcoding_tasks (job_id)
      WHERE kind = 'remux' AND state IN ('queued', 'leased')
    """,
    "CREATE INDEX ix_generations_moved ON generations (video_id) WHERE previous_token IS NOT NULL",
    """
    CREATE INDEX ix_videos_unfinished ON videos (created_at DESC, id DESC)
      WHERE status IN ('pending', 'processing') AND deleted_at IS NULL
    """,
    "CREATE INDEX ix_videos_source ON videos (source_key)",
    "CREATE INDEX ix_uploads_ended ON uploads (updated_at) WHERE state <> 'receiving'",
    "CREATE INDEX ix_uploads_video ON uploads (video_id) WHERE video_id IS NOT NULL",
    "CREATE INDEX ix_inbox_files_video ON inbox_files (video_id) WHERE video_id IS NOT NULL",
    "CREATE INDEX ix_jobs_generation ON transcoding_jobs (generation_id)",
    "CREATE INDEX ix_storage_findings_generation ON storage_findings (generation_id)",
)


def upgrade() -> None:
    for statement in (*UPLOADS, *INBOX, *DEMAND, *SOURCES, *SOUND, *PICTURES, *STORAGE, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that was made before the upgrade")
