import { bytes, clock, day } from "../shared/format";
import { detailPage, type PublicSite, watchPage } from "./pages";
import { srcset } from "./pictures";
import type { ListedVideo } from "./shapes";
import { badgeOf, isViewable, isWorking, progressLine } from "./status";

/** What a row says about a video, for every list that shows rows. */
export function rowWords(site: PublicSite) {
  return {
    href: (video: ListedVideo) => detailPage(video.id),
    viewable: (video: ListedVideo) => isViewable(video),
    watchHref: (video: ListedVideo) => watchPage(video.slug, site, location),
    badge: (video: ListedVideo) => badgeOf(video),
    working: (video: ListedVideo) => isWorking(video),
    progressText: (video: ListedVideo) => (video.progress === null ? "" : progressLine(video.progress)),
    amount: (video: ListedVideo) => video.progress?.percent ?? 0,
    srcset: (video: ListedVideo, format: string) => srcset(video.thumbnails, format),
    lengthText: (video: ListedVideo) => (video.duration ? clock(video.duration) : ""),
    meta(video: ListedVideo): string {
      const when = video.deleted_at === null ? day(video.created_at) : `deleted ${day(video.deleted_at)}`;
      const size = video.source_size_bytes > 0 ? bytes(video.source_size_bytes) : null;
      return [video.category_name, when, size].filter(Boolean).join(" · ");
    },
  };
}
