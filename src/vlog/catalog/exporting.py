"""The whole library as one stream of JSON objects: what people have written of each video, and its facts.

Videos come by number, page by page, so that neither memory nor a connection is held for as long as somebody
reads. Each video is there once; one that is changed meanwhile is as it was when its page was read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from vlog.catalog.query import Arguments, Wanted, conditions
from vlog.db.reader import Reader

PAGE = 200

_KEPT = "SELECT i.video_id AS id FROM library_index i WHERE {where} AND i.video_id > {after}"
_ALL = "SELECT v.id FROM videos v WHERE v.id > {after}"
_IDS = "{source} ORDER BY 1 LIMIT {limit}"
_ROWS = """
SELECT v.id, json_build_object(
  'id', v.id, 'slug', v.slug, 'title', v.title, 'description', v.description, 'category', c.name,
  'tags', (
    SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]')
    FROM video_tags vt JOIN tags t ON t.id = vt.tag_id WHERE vt.video_id = v.id
  ),
  'visibility', v.visibility, 'is_featured', v.is_featured,
  'chapters', (
    SELECT coalesce(json_agg(json_build_object(
      'title', h.title, 'description', h.description, 'start_time', h.start_time, 'end_time', h.end_time
    ) ORDER BY h.position), '[]') FROM chapters h WHERE h.video_id = v.id
  ),
  'custom_fields', (
    SELECT coalesce(json_object_agg(f.slug, given.value ORDER BY f.position, f.id), '{}')
    FROM video_custom_fields given JOIN custom_field_definitions f ON f.id = given.field_id
    WHERE given.video_id = v.id
  ),
  'playlists', (
    SELECT coalesce(json_agg(json_build_object(
      'slug', p.slug, 'title', p.title, 'position', item.position
    ) ORDER BY p.id), '[]')
    FROM playlist_items item JOIN playlists p ON p.id = item.playlist_id AND p.deleted_at IS NULL
    WHERE item.video_id = v.id
  ),
  'status', v.status, 'created_at', v.created_at, 'published_at', v.published_at,
  'publish_when_ready', v.publish_when_ready, 'publish_at', v.publish_at, 'deleted_at', v.deleted_at,
  'duration', nullif(v.duration, 0), 'source_filename', v.source_filename,
  'source_size_bytes', v.source_size_bytes, 'source_width', v.source_width, 'source_height', v.source_height,
  'stored_size_bytes', coalesce(made.size_bytes, 0), 'qualities', coalesce(made.qualities, '[]'),
  'view_count', coalesce(w.views, 0)
)::text AS document
FROM videos v
LEFT JOIN categories c ON c.id = v.category_id
LEFT JOIN video_views w ON w.video_id = v.id
LEFT JOIN LATERAL (
  SELECT sum(q.size_bytes) AS size_bytes, json_agg(q.quality ORDER BY q.quality) AS qualities
  FROM generations g JOIN video_qualities q ON q.generation_id = g.id
  WHERE g.video_id = v.id AND g.state = 'live'
) made ON true
WHERE v.id = ANY($1) ORDER BY v.id
"""


async def pages(reader: Reader, wanted: Wanted, *, include_deleted: bool) -> AsyncIterator[list[str]]:
    """The videos that fit as JSON objects, some at a time; ``include_deleted``: all there are, in the
    archive or not.
    """
    after = 0
    while True:
        arguments = Arguments()
        where = conditions(wanted, arguments)
        source = _ALL if include_deleted else _KEPT
        found = source.format(where=where, after=arguments.add(after))
        sql = _IDS.format(source=found, limit=arguments.add(PAGE))
        ids = [row["id"] for row in await reader.fetch(sql, *arguments.values)]
        if not ids:
            return
        yield [row["document"] for row in await reader.fetch(_ROWS, ids)]
        after = ids[-1]
