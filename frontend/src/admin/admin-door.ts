import { wireThemeToggles } from "../shared/theme-toggle";

// Pages before the login that have nothing to do but to be read.
wireThemeToggles();
