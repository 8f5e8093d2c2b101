import { startAdmin } from "./alpine";
import { transferPage } from "./transfer-page";

startAdmin({ transferPage });
