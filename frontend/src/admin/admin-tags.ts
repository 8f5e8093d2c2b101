import { startAdmin } from "./alpine";
import { tagsPage } from "./tags-page";

startAdmin({ tagsPage });
