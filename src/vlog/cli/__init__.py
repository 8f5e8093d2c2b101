"""The command line: a client of the admin service, and the processes of an installation."""
