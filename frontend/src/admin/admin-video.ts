import { wireThemeToggles } from "../shared/theme-toggle"; wireThemeToggles();
