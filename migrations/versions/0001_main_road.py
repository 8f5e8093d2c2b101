"""The main road: catalogue, uploads, generations, jobs, accounts, settings, outbox, playback sessions."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SLUG = "'^[a-z0-9]+(-[a-z0-9]+)*$'"

STATEMENTS = (
    # The one clock that leases, retention and sessions live by. Tests shift it instead of sleeping.
    """
    CREATE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
      SELECT clock_timestamp()
        + coalesce(nullif(current_setting('vlog.clock_shift', true), ''), '0')::interval
    $$
    """,
    """
    CREATE TABLE installation (
      id text PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
    )
    """,
    f"""
    CREATE TABLE categories (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name varchar(100) NOT NULL UNIQUE CHECK (name <> ''),
      slug varchar(100) NOT NULL UNIQUE CHECK (slug ~ {SLUG}),
      description varchar(1000) NOT NULL DEFAULT '',
      created_at timestamptz NOT NULL DEFAULT app_now()
    )
    """,
    f"""
    CREATE TABLE videos (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      title varchar(255) NOT NULL CHECK (title <> ''),
      slug varchar(100) NOT NULL UNIQUE CHECK (slug ~ {SLUG}),
      storage_key varchar(100) NOT NULL UNIQUE CHECK (storage_key ~ {SLUG}),
      description varchar(5000) NOT NULL DEFAULT '',
      category_id bigint REFERENCES categories ON DELETE SET NULL,
      duration double precision NOT NULL DEFAULT 0 CHECK (duration >= 0),
      source_width integer NOT NULL DEFAULT 0,
      source_height integer NOT NULL DEFAULT 0,
      source_key varchar(255),
      source_filename varchar(255) NOT NULL DEFAULT '',
      source_size_bytes bigint NOT NULL DEFAULT 0,
      source_sha256 bytea,
      status varchar(20) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'processing', 'ready', 'failed')),
      error_code varchar(50),
      error_message varchar(2000),
      publish_when_ready boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      published_at timestamptz,
      deleted_at timestamptz,
      thumbnail_source varchar(20) NOT NULL DEFAULT 'auto'
        CHECK (thumbnail_source IN ('auto', 'selected', 'custom')),
      thumbnail_timestamp double precision,
      thumbnail_version integer NOT NULL DEFAULT 0,
      streaming_format varchar(10) NOT NULL DEFAULT 'cmaf' CHECK (streaming_format IN ('cmaf', 'hls_ts')),
      primary_codec varchar(10) NOT NULL DEFAULT 'h264' CHECK (primary_codec IN ('h264', 'hevc', 'av1')),
      manifest_revision integer NOT NULL DEFAULT 0,
      manifest_written integer NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX ix_videos_created ON videos (created_at DESC, id DESC)",
    "CREATE INDEX ix_videos_category ON videos (category_id)",
    "CREATE INDEX ix_videos_deleted ON videos (deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX ix_videos_manifest_stale ON videos (id) WHERE manifest_written <> manifest_revision",
    f"""
    CREATE TABLE slug_redirects (
      slug varchar(100) PRIMARY KEY CHECK (slug ~ {SLUG}),
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT app_now()
    )
    """,
    "CREATE INDEX ix_slug_redirects_video ON slug_redirects (video_id)",
    # Only what visitors may see; written in the transaction that publishes, edits, hides or deletes.
    """
    CREATE TABLE catalog_index (
      video_id bigint PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
      published_at timestamptz NOT NULL,
      tsv tsvector NOT NULL,
      facets integer[] NOT NULL DEFAULT '{}'
    )
    """,
    "CREATE INDEX ix_catalog_newest ON catalog_index (published_at DESC, video_id DESC)",
    "CREATE INDEX ix_catalog_tsv ON catalog_index USING gin (tsv)",
    "ALTER TABLE catalog_index ALTER COLUMN tsv SET STATISTICS 1000",
    """
    CREATE TABLE generations (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      token varchar(64) NOT NULL UNIQUE,
      previous_token varchar(64),
      state varchar(10) NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'live', 'retired')),
      format varchar(10) NOT NULL DEFAULT 'cmaf' CHECK (format IN ('cmaf', 'hls_ts')),
      info jsonb NOT NULL,
      grid jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      live_at timestamptz,
      retired_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX uq_generations_live ON generations (video_id) WHERE state = 'live'",
    "CREATE UNIQUE INDEX uq_generations_building ON generations (video_id) WHERE state = 'building'",
    "CREATE INDEX ix_generations_video ON generations (video_id)",
    "CREATE INDEX ix_generations_retired ON generations (retired_at) WHERE state = 'retired'",
    """
    CREATE TABLE video_qualities (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      generation_id bigint NOT NULL REFERENCES generations ON DELETE CASCADE,
      quality varchar(20) NOT NULL,
      kind varchar(10) NOT NULL CHECK (kind IN ('video', 'audio')),
      encoder varchar(30) NOT NULL,
      codec varchar(50) NOT NULL,
      width integer NOT NULL DEFAULT 0,
      height integer NOT NULL DEFAULT 0,
      channels integer NOT NULL DEFAULT 0,
      language varchar(10),
      timescale integer NOT NULL CHECK (timescale > 0),
      peak_bit_rate bigint NOT NULL,
      average_bit_rate bigint NOT NULL,
      size_bytes bigint NOT NULL,
      segment_format varchar(10) NOT NULL DEFAULT 'fmp4' CHECK (segment_format IN ('fmp4', 'ts')),
      segment_count integer NOT NULL CHECK (segment_count > 0),
      segment_index bytea NOT NULL,
      init_sha256 bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      UNIQUE (generation_id, quality)
    )
    """,
    "CREATE INDEX ix_video_qualities_video ON video_qualities (video_id)",
    """
    CREATE TABLE transcoding_jobs (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      generation_id bigint REFERENCES generations ON DELETE SET NULL,
      state varchar(10) NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
      priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
      remux boolean NOT NULL DEFAULT true,
      attempt integer NOT NULL DEFAULT 1,
      max_attempts integer NOT NULL DEFAULT 3,
      error_code varchar(50),
      last_error varchar(2000),
      created_at timestamptz NOT NULL DEFAULT app_now(),
      started_at timestamptz,
      completed_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX uq_jobs_active ON transcoding_jobs (video_id) WHERE state IN ('queued', 'running')",
    "CREATE INDEX ix_jobs_video ON transcoding_jobs (video_id, id DESC)",
    """
    CREATE TABLE transcoding_tasks (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      job_id bigint NOT NULL REFERENCES transcoding_jobs ON DELETE CASCADE,
      generation_id bigint REFERENCES generations ON DELETE CASCADE,
      kind varchar(20) NOT NULL CHECK (kind IN ('inspect', 'remux', 'audio', 'video', 'thumbnail')),
      stage smallint NOT NULL DEFAULT 0,
      first_cell integer NOT NULL DEFAULT 0,
      end_cell integer NOT NULL DEFAULT 0,
      renditions text[] NOT NULL DEFAULT '{}',
      needs text[] NOT NULL DEFAULT '{}',
      frames_total integer NOT NULL DEFAULT 0,
      frames_done integer NOT NULL DEFAULT 0,
      speed double precision,
      state varchar(10) NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'failed')),
      priority smallint NOT NULL DEFAULT 1,
      epoch integer NOT NULL DEFAULT 0,
      attempt integer NOT NULL DEFAULT 0,
      max_attempts integer NOT NULL DEFAULT 3,
      worker varchar(100),
      available_at timestamptz NOT NULL DEFAULT app_now(),
      leased_at timestamptz,
      lease_expires_at timestamptz,
      finished_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      error_code varchar(50),
      error_message varchar(2000),
      CHECK ((state = 'leased') = (lease_expires_at IS NOT NULL))
    )
    """,
    """
    CREATE INDEX ix_tasks_claim ON transcoding_tasks (priority, stage, job_id, first_cell, id)
      WHERE state = 'queued'
    """,
    "CREATE INDEX ix_tasks_leases ON transcoding_tasks (lease_expires_at) WHERE state = 'leased'",
    "CREATE INDEX ix_tasks_job ON transcoding_tasks (job_id)",
    "CREATE INDEX ix_tasks_generation ON transcoding_tasks (generation_id)",
    """
    CREATE TABLE task_attempts (
      task_id bigint NOT NULL REFERENCES transcoding_tasks ON DELETE CASCADE,
      epoch integer NOT NULL,
      worker varchar(100) NOT NULL,
      started_at timestamptz NOT NULL,
      ended_at timestamptz NOT NULL DEFAULT app_now(),
      outcome varchar(20) NOT NULL CHECK (outcome IN ('done', 'failed', 'released', 'expired')),
      error_code varchar(50),
      error_message varchar(2000),
      runs jsonb NOT NULL DEFAULT '[]',
      PRIMARY KEY (task_id, epoch)
    )
    """,
    """
    CREATE TABLE quality_progress (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      job_id bigint NOT NULL REFERENCES transcoding_jobs ON DELETE CASCADE,
      generation_id bigint NOT NULL REFERENCES generations ON DELETE CASCADE,
      quality varchar(20) NOT NULL,
      kind varchar(10) NOT NULL CHECK (kind IN ('video', 'audio')),
      stage smallint NOT NULL,
      spec jsonb NOT NULL,
      status varchar(20) NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'in_progress', 'completed', 'failed', 'skipped')),
      segments_total integer NOT NULL,
      segments_completed integer NOT NULL DEFAULT 0 CHECK (segments_completed BETWEEN 0 AND segments_total),
      init bytea,
      started_at timestamptz,
      completed_at timestamptz,
      error_message varchar(2000),
      UNIQUE (generation_id, quality)
    )
    """,
    "CREATE INDEX ix_quality_progress_job ON quality_progress (job_id)",
    # Cells in flight; folded into video_qualities.segment_index when their rendition is complete.
    """
    CREATE TABLE segments (
      generation_id bigint NOT NULL REFERENCES generations ON DELETE CASCADE,
      quality varchar(20) NOT NULL,
      number integer NOT NULL CHECK (number >= 0),
      start_ticks bigint NOT NULL,
      duration_ticks bigint NOT NULL CHECK (duration_ticks > 0),
      size_bytes integer NOT NULL CHECK (size_bytes > 0),
      sha256 bytea NOT NULL,
      task_id bigint NOT NULL,
      epoch integer NOT NULL,
      PRIMARY KEY (generation_id, quality, number)
    )
    """,
    """
    CREATE TABLE settings (
      key varchar(255) PRIMARY KEY,
      value jsonb NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT app_now(),
      updated_by varchar(100) NOT NULL
    )
    """,
    """
    CREATE TABLE outbox (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      event_type varchar(50) NOT NULL,
      payload jsonb NOT NULL,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      dispatched_at timestamptz
    )
    """,
    "CREATE INDEX ix_outbox_waiting ON outbox (id) WHERE dispatched_at IS NULL",
    "CREATE INDEX ix_outbox_dispatched ON outbox (dispatched_at) WHERE dispatched_at IS NOT NULL",
    """
    CREATE TABLE admin_credentials (
      secret_hash varchar(255) NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT app_now(),
      only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
    )
    """,
    """
    CREATE TABLE setup_links (
      token_hash bytea PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      expires_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE admin_sessions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      token_hash bytea NOT NULL UNIQUE,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      expires_at timestamptz NOT NULL,
      last_used_at timestamptz NOT NULL DEFAULT app_now(),
      ip varchar(45) NOT NULL DEFAULT '',
      user_agent varchar(512) NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX ix_admin_sessions_expiry ON admin_sessions (expires_at)",
    """
    CREATE TABLE viewers (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      session_id varchar(64) NOT NULL UNIQUE,
      first_seen timestamptz NOT NULL DEFAULT app_now(),
      last_seen timestamptz NOT NULL DEFAULT app_now()
    )
    """,
    """
    CREATE TABLE playback_sessions (
      id bigint GENERATED ALWAYS AS IDENTITY,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      viewer_id bigint REFERENCES viewers ON DELETE SET NULL,
      started_at timestamptz NOT NULL DEFAULT app_now(),
      ended_at timestamptz,
      duration_watched double precision NOT NULL DEFAULT 0 CHECK (duration_watched >= 0),
      max_position double precision NOT NULL DEFAULT 0 CHECK (max_position >= 0),
      quality_used varchar(20),
      completed boolean NOT NULL DEFAULT false,
      PRIMARY KEY (id, started_at)
    ) PARTITION BY RANGE (started_at)
    """,
    "CREATE TABLE playback_sessions_default PARTITION OF playback_sessions DEFAULT",
    "CREATE INDEX ix_playback_sessions_video ON playback_sessions (video_id, started_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("the first migration has nothing to go back to")
