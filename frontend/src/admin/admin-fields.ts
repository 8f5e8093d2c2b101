import { startAdmin } from "./alpine";
import { fieldsPage } from "./fields-page";

startAdmin({ fieldsPage });
