import { startAdmin } from "./alpine";
import { auditLog } from "./audit";

startAdmin({ auditLog });
