import { startAdmin } from "./alpine";
import { storage } from "./storage";

startAdmin({ storage });
