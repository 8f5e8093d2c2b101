import { startAdmin } from "./alpine";
import { rowMenu } from "./row-menu";
import { uploads } from "./uploads";
import { videoList } from "./video-list";

startAdmin({ rowMenu, uploads, videoList });
