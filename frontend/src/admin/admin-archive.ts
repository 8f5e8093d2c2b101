import { startAdmin } from "./alpine";
import { archive } from "./archive";

startAdmin({ archive });
