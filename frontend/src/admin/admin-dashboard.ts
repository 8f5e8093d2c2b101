import { startAdmin } from "./alpine";
import { dashboard } from "./dashboard";
import { uploads } from "./uploads";

startAdmin({ dashboard, uploads });
