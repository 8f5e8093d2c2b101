import { wireThemeToggles } from "../shared/theme-toggle";
import { wireLoadMore } from "./load-more";
import { wireSearchKey } from "./search-key";
import { showWatched } from "./watched";

wireThemeToggles();
wireSearchKey();
wireLoadMore(showWatched);
showWatched(document);
