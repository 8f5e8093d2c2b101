"""The database: connections, transactions, migrations, and the embedded PostgreSQL."""
