import { startAdmin } from "./alpine";
import { inbox } from "./inbox";
import { uploads } from "./uploads";

startAdmin({ inbox, uploads });
