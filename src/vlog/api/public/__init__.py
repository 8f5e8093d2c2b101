"""Port 9000: everything that anybody may ask for."""
