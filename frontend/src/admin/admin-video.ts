import { startAdmin } from "./alpine";
import { videoDetail } from "./video-detail";

startAdmin({ videoDetail });
