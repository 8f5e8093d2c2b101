"""Port 9002: what remote workers may ask for."""
