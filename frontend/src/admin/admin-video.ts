import { startAdmin } from "./alpine";
import { chapterEditor } from "./chapter-editor";
import { sourcePanel } from "./source-panel";
import { thumbnailEditor } from "./thumbnail-editor";
import { videoDetail } from "./video-detail";
import { videoForm } from "./video-form";

startAdmin({ videoDetail, videoForm, chapterEditor, thumbnailEditor, sourcePanel });
