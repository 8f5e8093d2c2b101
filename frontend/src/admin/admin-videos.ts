import { startAdmin } from "./alpine";
import { uploads } from "./uploads";
import { videoList } from "./video-list";

startAdmin({ uploads, videoList });
