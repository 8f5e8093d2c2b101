import { startAdmin } from "./alpine";
import { playlistItems } from "./playlist-items";
import { playlistPage } from "./playlist-page";

startAdmin({ playlistPage, playlistItems });
