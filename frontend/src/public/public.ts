import { wireAutoSubmit } from "./auto-submit";
import { fillContinue } from "./continue";
import { dressCards, wireFrame } from "./frame";
import { wireLoadMore } from "./load-more";
import { wireOwnList } from "./own-list";
import { showPlaylistProgress } from "./playlist-page";
import { wireSearchPage } from "./search-page";

wireFrame();
wireAutoSubmit();
if (document.querySelector("[data-search-page]") === null) {
  wireLoadMore((root) => {
    dressCards(root);
    showPlaylistProgress();
  });
} else wireSearchPage();
void fillContinue(dressCards);
showPlaylistProgress();
wireOwnList(dressCards);
addEventListener("pageshow", ({ persisted }) => persisted && showPlaylistProgress());
