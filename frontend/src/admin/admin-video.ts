import { startAdmin } from "./alpine";
import { chapterEditor } from "./chapter-editor";
import { videoDetail } from "./video-detail";
import { videoForm } from "./video-form";

startAdmin({ videoDetail, videoForm, chapterEditor });
