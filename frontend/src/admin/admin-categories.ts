import { startAdmin } from "./alpine";
import { categoriesPage } from "./categories-page";

startAdmin({ categoriesPage });
