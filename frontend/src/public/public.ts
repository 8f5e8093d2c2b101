import { fillContinue } from "./continue";
import { dressCards, wireFrame } from "./frame";
import { wireLoadMore } from "./load-more";
import { wireSearchPage } from "./search-page";

wireFrame();
if (document.querySelector("[data-search-page]") === null) wireLoadMore(dressCards);
else wireSearchPage();
void fillContinue(dressCards);
