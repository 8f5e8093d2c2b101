"""The library: tags, playlists, chapters, custom fields, audit, and an index for every list and search."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SLUG = "'^[a-z0-9]+(-[a-z0-9]+)*$'"
VISIBILITY = "('public', 'unlisted', 'private')"

# Both extensions are trusted: the owner of the database may create them.
EXTENSIONS = (
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # Words are kept as they are written (titles mix languages, and no stemmer knows which), without accents.
    "CREATE TEXT SEARCH CONFIGURATION vlog (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION vlog ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple",
)

# ``publish_at``: when a video that is kept back is to be published. ``edit_revision`` counts what people have
# changed: who edits says which one he saw.
VIDEOS = (
    f"""
    ALTER TABLE videos
      ADD COLUMN visibility varchar(10) NOT NULL DEFAULT 'public' CHECK (visibility IN {VISIBILITY}),
      ADD COLUMN is_featured boolean NOT NULL DEFAULT false,
      ADD COLUMN featured_at timestamptz,
      ADD COLUMN publish_at timestamptz,
      ADD COLUMN has_chapters boolean NOT NULL DEFAULT false,
      ADD COLUMN edit_revision integer NOT NULL DEFAULT 0,
      ADD CHECK (is_featured = (featured_at IS NOT NULL))
    """,
    "CREATE INDEX ix_videos_featured ON videos (featured_at DESC, id DESC) WHERE is_featured",
    "CREATE INDEX ix_videos_publish_at ON videos (publish_at) WHERE publish_at IS NOT NULL",
    # Beside the videos, because counting must not rewrite what is searched.
    """
    CREATE TABLE video_views (
      video_id bigint PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
      views bigint NOT NULL DEFAULT 0 CHECK (views >= 0)
    )
    """,
    "INSERT INTO video_views (video_id) SELECT id FROM videos",
    "CREATE INDEX ix_video_views ON video_views (views DESC, video_id DESC)",
)

# Work on a video is of two kinds: on its media, one at a time, and on its small pictures, which never
# changes its state. ``qualities`` are those that a person wants, all without. ``details`` of a task say what
# it is about beyond its kind. ``retired_pictures`` are files of an earlier picture that pages may still ask
# for; ``preview_of`` is the generation of which a preview was asked for; ``thumbnail_frames`` may be chosen.
WORK = (
    "ALTER TABLE transcoding_jobs ADD COLUMN kind varchar(10) NOT NULL DEFAULT 'media'"
    " CHECK (kind IN ('media', 'pictures')), ADD COLUMN qualities text[]",
    "DROP INDEX uq_jobs_active",
    "CREATE UNIQUE INDEX uq_jobs_active ON transcoding_jobs (video_id)"
    " WHERE state IN ('queued', 'running') AND kind = 'media'",
    "ALTER TABLE transcoding_tasks DROP CONSTRAINT transcoding_tasks_kind_check, ADD COLUMN details jsonb,"
    " ADD CONSTRAINT transcoding_tasks_kind_check CHECK (kind IN"
    " ('inspect', 'remux', 'audio', 'video', 'thumbnail', 'frames', 'picture', 'preview'))",
    """
    ALTER TABLE videos
      ADD COLUMN retired_pictures text[] NOT NULL DEFAULT '{}', ADD COLUMN pictures_retired_at timestamptz,
      ADD COLUMN preview_version integer NOT NULL DEFAULT 0,
      ADD COLUMN has_preview boolean NOT NULL DEFAULT false, ADD COLUMN preview_of bigint
    """,
    "CREATE INDEX ix_videos_retired_pictures ON videos (pictures_retired_at) WHERE retired_pictures <> '{}'",
    "CREATE INDEX ix_videos_without_preview ON videos (id DESC)"
    " WHERE preview_of IS NULL AND status = 'ready' AND deleted_at IS NULL",
    """
    CREATE TABLE thumbnail_frames (
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      position smallint NOT NULL, at_seconds double precision NOT NULL,
      width integer NOT NULL, height integer NOT NULL, jpeg bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      PRIMARY KEY (video_id, position)
    )
    """,
)
# A source that is to take the place of a video's: it does so when what is made of it plays. ``stale_key``
# is the file that nobody needs any more since ``stale_at``: the source before it, or the one that failed.
REPLACEMENTS = (
    """
    CREATE TABLE replacements (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      job_id bigint UNIQUE REFERENCES transcoding_jobs ON DELETE SET NULL,
      state varchar(10) NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'making', 'done', 'failed', 'superseded')),
      source_key varchar(255) NOT NULL, source_filename varchar(255) NOT NULL DEFAULT '',
      size_bytes bigint NOT NULL, sha256 bytea NOT NULL, remark varchar(2000) NOT NULL DEFAULT '',
      stale_key varchar(255), stale_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT app_now(), ended_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX uq_replacements_open ON replacements (video_id)"
    " WHERE state IN ('waiting', 'making')",
    "CREATE INDEX ix_replacements_video ON replacements (video_id, id DESC)",
    "CREATE INDEX ix_replacements_source ON replacements (source_key)",
    "CREATE INDEX ix_replacements_stale ON replacements (stale_at) WHERE stale_key IS NOT NULL",
)

TAXONOMY = (
    "ALTER TABLE categories ADD COLUMN position integer NOT NULL DEFAULT 0,"
    " ADD COLUMN edit_revision integer NOT NULL DEFAULT 0",
    "UPDATE categories c SET position = n.place FROM"
    " (SELECT id, row_number() OVER (ORDER BY lower(name), id) AS place FROM categories) n WHERE n.id = c.id",
    f"""
    CREATE TABLE tags (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name varchar(50) NOT NULL CHECK (name <> ''),
      slug varchar(100) NOT NULL UNIQUE CHECK (slug ~ {SLUG}),
      edit_revision integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT app_now()
    )
    """,
    "CREATE UNIQUE INDEX uq_tags_name ON tags (lower(name))",
    # While somebody types: names that begin like that, whatever the database's locale is.
    "CREATE INDEX ix_tags_beginning ON tags (lower(name) text_pattern_ops)",
    """
    CREATE TABLE video_tags (
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      tag_id bigint NOT NULL REFERENCES tags ON DELETE CASCADE,
      PRIMARY KEY (video_id, tag_id)
    )
    """,
    "CREATE INDEX ix_video_tags_tag ON video_tags (tag_id, video_id)",
    # Addresses that lead to what has another one by now.
    """
    CREATE TABLE former_slugs (
      subject varchar(10) NOT NULL CHECK (subject IN ('category', 'tag', 'playlist')),
      slug varchar(100) NOT NULL,
      subject_id bigint NOT NULL,
      PRIMARY KEY (subject, slug)
    )
    """,
)

# The picture of a playlist is that of one of its videos. A place in it is unique, checked at the commit.
PLAYLISTS = (
    f"""
    CREATE TABLE playlists (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      title varchar(255) NOT NULL CHECK (title <> ''),
      slug varchar(100) NOT NULL CHECK (slug ~ {SLUG}),
      description varchar(5000) NOT NULL DEFAULT '',
      visibility varchar(10) NOT NULL DEFAULT 'public' CHECK (visibility IN {VISIBILITY}),
      playlist_type varchar(12) NOT NULL DEFAULT 'playlist'
        CHECK (playlist_type IN ('playlist', 'collection', 'series', 'course')),
      is_featured boolean NOT NULL DEFAULT false,
      thumbnail_video_id bigint REFERENCES videos ON DELETE SET NULL,
      edit_revision integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      updated_at timestamptz NOT NULL DEFAULT app_now(),
      deleted_at timestamptz
    )
    """,
    "CREATE UNIQUE INDEX uq_playlists_slug ON playlists (slug) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_playlists_newest ON playlists (created_at DESC, id DESC) WHERE deleted_at IS NULL",
    "CREATE INDEX ix_playlists_picture ON playlists (thumbnail_video_id)",
    """
    CREATE TABLE playlist_items (
      playlist_id bigint NOT NULL REFERENCES playlists ON DELETE CASCADE,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      position integer NOT NULL CHECK (position >= 0),
      added_at timestamptz NOT NULL DEFAULT app_now(),
      PRIMARY KEY (playlist_id, video_id),
      UNIQUE (playlist_id, position) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    "CREATE INDEX ix_playlist_items_video ON playlist_items (video_id)",
)

CHAPTERS = (
    """
    CREATE TABLE chapters (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      title varchar(255) NOT NULL CHECK (title <> ''),
      description varchar(1000) NOT NULL DEFAULT '',
      start_time double precision NOT NULL CHECK (start_time >= 0),
      end_time double precision CHECK (end_time > start_time),
      position integer NOT NULL CHECK (position >= 0),
      edit_revision integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      updated_at timestamptz NOT NULL DEFAULT app_now(),
      UNIQUE (video_id, position) DEFERRABLE INITIALLY DEFERRED
    )
    """,
)

# ``custom_values`` numbers the values that videos have, so that lists can filter by them as by tags.
FIELDS = (
    f"""
    CREATE TABLE custom_field_definitions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name varchar(100) NOT NULL CHECK (name <> ''),
      slug varchar(100) NOT NULL UNIQUE CHECK (slug ~ {SLUG}),
      field_type varchar(12) NOT NULL
        CHECK (field_type IN ('text', 'number', 'date', 'select', 'multi_select', 'url')),
      options jsonb NOT NULL DEFAULT '[]',
      required boolean NOT NULL DEFAULT false,
      category_id bigint REFERENCES categories ON DELETE CASCADE,
      position integer NOT NULL DEFAULT 0 CHECK (position >= 0),
      constraints jsonb NOT NULL DEFAULT '{{}}',
      description varchar(500) NOT NULL DEFAULT '',
      is_public boolean NOT NULL DEFAULT true,
      is_filterable boolean NOT NULL DEFAULT true,
      edit_revision integer NOT NULL DEFAULT 0,
      created_at timestamptz NOT NULL DEFAULT app_now()
    )
    """,
    "CREATE INDEX ix_custom_fields_category ON custom_field_definitions (category_id)",
    """
    CREATE TABLE video_custom_fields (
      video_id bigint NOT NULL REFERENCES videos ON DELETE CASCADE,
      field_id bigint NOT NULL REFERENCES custom_field_definitions ON DELETE CASCADE,
      value jsonb NOT NULL,
      PRIMARY KEY (video_id, field_id)
    )
    """,
    "CREATE INDEX ix_video_custom_fields_field ON video_custom_fields (field_id)",
    """
    CREATE TABLE custom_values (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      field_id bigint NOT NULL REFERENCES custom_field_definitions ON DELETE CASCADE,
      value varchar(1000) NOT NULL,
      UNIQUE (field_id, value)
    )
    """,
)

AUDIT = (
    """
    CREATE TABLE audit_log (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      created_at timestamptz NOT NULL DEFAULT app_now(),
      actor varchar(100) NOT NULL,
      action varchar(50) NOT NULL,
      subject_type varchar(30) NOT NULL,
      subject_id bigint,
      subject_name varchar(255) NOT NULL DEFAULT '',
      details jsonb NOT NULL DEFAULT '{}',
      request_id varchar(64) NOT NULL DEFAULT '',
      ip varchar(45) NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX ix_audit_subject ON audit_log (subject_type, subject_id, id DESC)",
    "CREATE INDEX ix_audit_action ON audit_log (action, id DESC)",
    "CREATE INDEX ix_audit_actor ON audit_log (actor, id DESC)",
    "CREATE INDEX ix_audit_age ON audit_log (created_at)",
)

# What lists filter by: one integer array for all of it, so that one GIN index serves every combination. The
# kind stands in the upper bits (``catalog.facets``). Names of durations: under 5, under 20, over 20 minutes.
FUNCTIONS = (
    """
    CREATE FUNCTION facet(kind integer, id bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT (kind << 24) + id::integer
    $$
    """,
    # The day of a moment, counted from the year 1, and the runs of 8, 64 and 512 days that it lies in, the
    # length in the upper bits (``catalog.windows``).
    """
    CREATE FUNCTION periods(moment timestamptz) RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT ARRAY[day, (1 << 24) + day / 8, (2 << 24) + day / 64, (3 << 24) + day / 512]
      FROM (SELECT floor(extract(epoch FROM moment) / 86400)::integer + 719162 AS day) days
    $$
    """,
    # Titles in the order in which people look for them: without case and accents, numbers by their value.
    r"""
    CREATE FUNCTION title_key(title text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT left(regexp_replace(
        regexp_replace(lower(unaccent(title)), '(\d+)', '000000000\1', 'g'), '0*(\d{10})(?!\d)', '\1', 'g'
      ), 200)
    $$
    """,
)

# The truth that the index repeats: one row for each video, whoever may see it.
VIEW = r"""
CREATE VIEW indexed_videos AS
SELECT v.id AS video_id,
  v.deleted_at IS NULL AS is_kept,
  v.status = 'ready' AND v.published_at IS NOT NULL AND v.deleted_at IS NULL AND v.visibility = 'public'
    AS is_visible,
  v.created_at, v.published_at, title_key(v.title) AS title_key, v.duration,
  setweight(to_tsvector('vlog', v.title), 'A')
    || setweight(to_tsvector('vlog', coalesce(tagged.names, '')), 'B')
    || setweight(to_tsvector('vlog', coalesce(c.name, '')), 'C')
    || setweight(to_tsvector('vlog', v.description), 'D') AS tsv,
  array_remove(
    ARRAY[
      facet(2, coalesce(v.category_id, 0)),
      CASE WHEN v.duration > 0
        THEN facet(4, CASE WHEN v.duration < 300 THEN 1 WHEN v.duration <= 1200 THEN 2 ELSE 3 END) END,
      CASE WHEN v.is_featured THEN facet(5, 1) END,
      CASE WHEN v.has_chapters THEN facet(5, 2) END,
      facet(6, CASE v.status WHEN 'pending' THEN 1 WHEN 'processing' THEN 2 WHEN 'ready' THEN 3 ELSE 4 END),
      facet(7, CASE v.visibility WHEN 'public' THEN 1 WHEN 'unlisted' THEN 2 ELSE 3 END),
      facet(8, CASE WHEN v.published_at IS NOT NULL THEN 1 WHEN v.publish_at IS NOT NULL THEN 2 ELSE 3 END)
    ] || coalesce(tagged.facets, '{}') || coalesce(sizes.facets, '{}') || coalesce(fields.facets, '{}'),
    NULL
  ) AS facets
FROM videos v
LEFT JOIN categories c ON c.id = v.category_id
LEFT JOIN LATERAL (
  SELECT string_agg(t.name, ' ' ORDER BY t.id) AS names, array_agg(facet(1, t.id)) AS facets
  FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE vt.video_id = v.id
) tagged ON true
LEFT JOIN LATERAL (
  SELECT array_agg(DISTINCT facet(3, substring(q.quality FROM '^(\d+)p')::bigint)) AS facets
  FROM generations g JOIN video_qualities q ON q.generation_id = g.id AND q.kind = 'video'
  WHERE g.video_id = v.id AND g.state = 'live'
) sizes ON true
LEFT JOIN LATERAL (
  SELECT array_agg(facet(9, k.id)) AS facets
  FROM video_custom_fields f
  CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE jsonb_typeof(f.value) WHEN 'array' THEN f.value ELSE jsonb_build_array(f.value) END
  ) AS part (value)
  JOIN custom_values k ON k.field_id = f.field_id AND k.value = part.value
  WHERE f.video_id = v.id
) fields ON true
"""


def _face(name: str, moment: str, condition: str) -> tuple[str, ...]:
    """One face of the library: its rows, and how many of them have each facet and each word."""
    return (
        f"""
        CREATE TABLE {name}_index (
          video_id bigint REFERENCES videos ON DELETE CASCADE,
          moment timestamptz NOT NULL,
          title_key text COLLATE "C" NOT NULL,
          duration double precision NOT NULL,
          tsv tsvector NOT NULL,
          facets integer[] NOT NULL,
          periods integer[] NOT NULL,
          PRIMARY KEY (video_id) INCLUDE (facets)
        )
        """,
        f"CREATE TABLE {name}_facets (facet integer PRIMARY KEY, videos integer NOT NULL)"
        " WITH (fillfactor = 70)",
        f'CREATE TABLE {name}_words (word text COLLATE "C" PRIMARY KEY, videos integer NOT NULL)'
        " WITH (fillfactor = 70)",
        # What transactions have changed, to be counted in the background.
        f"""
        CREATE TABLE {name}_changes (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          removed_facets integer[],
          added_facets integer[],
          removed_words text[],
          added_words text[]
        )
        """,
        f"""
        INSERT INTO {name}_index
        SELECT video_id, {moment}, title_key, duration, tsv, facets, periods({moment})
        FROM indexed_videos WHERE {condition}
        """,
        f"""
        INSERT INTO {name}_facets SELECT facet, count(*) FROM {name}_index, unnest(facets) AS facet
        GROUP BY facet
        """,
        f"INSERT INTO {name}_words SELECT word, ndoc FROM ts_stat('SELECT tsv FROM {name}_index')"
        " WHERE length(word) <= 64",
        # With the facets, so that a walk in their order filters without a look at the wide rows.
        f"CREATE INDEX ix_{name}_moment ON {name}_index (moment DESC, video_id DESC) INCLUDE (facets)",
        f"CREATE INDEX ix_{name}_title ON {name}_index (title_key, video_id) INCLUDE (facets)",
        f"CREATE INDEX ix_{name}_duration ON {name}_index (duration, video_id) INCLUDE (facets)",
        # One for all three, which puts them together by itself. Without a list of what is still to be sorted
        # in: each search would read it from end to end.
        f"CREATE INDEX ix_{name}_found ON {name}_index USING gin (tsv, facets, periods)"
        " WITH (fastupdate = off)",
        # The most frequent tags, categories … each.
        f"CREATE INDEX ix_{name}_facets_most ON {name}_facets ((facet >> 24), videos DESC)",
        f"CREATE INDEX ix_{name}_words ON {name}_words USING gin (word gin_trgm_ops)",
        # Rare words and tags would be taken for common ones, and the planner would walk the wrong index.
        f"ALTER TABLE {name}_index ALTER COLUMN tsv SET STATISTICS 1000,"
        " ALTER COLUMN facets SET STATISTICS 1000",
    )


# What this changes of the counts is only noted: frequent facets and words are in many videos, and
# transactions would wait for each other to count them.
_REFRESH = """
  WITH fresh AS MATERIALIZED (
    SELECT video_id, {moment} AS moment, title_key, duration, tsv, facets FROM indexed_videos
    WHERE video_id = ANY(ids) AND {condition}
  ), old AS MATERIALIZED (
    SELECT video_id, tsv, facets FROM {name}_index WHERE video_id = ANY(ids)
  ), removed AS (
    DELETE FROM {name}_index WHERE video_id = ANY(ids) AND video_id NOT IN (SELECT video_id FROM fresh)
  ), written AS (
    INSERT INTO {name}_index AS i (video_id, moment, title_key, duration, tsv, facets, periods)
    SELECT *, periods(moment) FROM fresh
    ON CONFLICT (video_id) DO UPDATE SET moment = excluded.moment, title_key = excluded.title_key,
      duration = excluded.duration, tsv = excluded.tsv, facets = excluded.facets, periods = excluded.periods
    WHERE (i.moment, i.title_key, i.duration, i.tsv, i.facets) IS DISTINCT FROM
      (excluded.moment, excluded.title_key, excluded.duration, excluded.tsv, excluded.facets)
  )
  INSERT INTO {name}_changes (removed_facets, added_facets, removed_words, added_words)
  SELECT old.facets, fresh.facets, tsvector_to_array(old.tsv), tsvector_to_array(fresh.tsv)
  FROM fresh FULL JOIN old USING (video_id)
  WHERE (fresh.facets, fresh.tsv) IS DISTINCT FROM (old.facets, old.tsv);
"""


def _refresh() -> str:
    # Planned once for each connection: planning the view anew would take longer than reading a few rows of
    # it.
    body = "".join(
        _REFRESH.format(name=name, moment=moment, condition=condition) for name, moment, condition in FACES
    )
    return (
        "CREATE FUNCTION refresh_index(ids bigint[]) RETURNS void LANGUAGE plpgsql"
        f" SET plan_cache_mode = force_generic_plan AS $$ BEGIN {body} END $$"
    )


FACES = (("catalog", "published_at", "is_visible"), ("library", "created_at", "is_kept"))
INDEX = (
    "DROP TABLE catalog_index",
    *FUNCTIONS,
    VIEW,
    *(statement for face in FACES for statement in _face(*face)),
    _refresh(),
    # Videos whose row in the index has to be written again: a category or a tag of theirs has another name.
    "CREATE TABLE index_queue (video_id bigint PRIMARY KEY REFERENCES videos ON DELETE CASCADE)",
)

STATEMENTS = (
    *EXTENSIONS,
    *VIDEOS,
    *WORK,
    *REPLACEMENTS,
    *TAXONOMY,
    *PLAYLISTS,
    *CHAPTERS,
    *FIELDS,
    *AUDIT,
    *INDEX,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("VLog goes forward only: restore a backup instead")
