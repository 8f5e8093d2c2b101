"""Port 9001: everything that only the admin may ask for, and the doors through which one becomes it."""
