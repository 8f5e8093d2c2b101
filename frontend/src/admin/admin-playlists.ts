import { startAdmin } from "./alpine";
import { playlistsPage } from "./playlists-page";

startAdmin({ playlistsPage });
