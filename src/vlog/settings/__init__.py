"""Settings that change while VLog runs: declared once, read by key object, kept in the database."""
