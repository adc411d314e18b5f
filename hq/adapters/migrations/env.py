"""Alembic's entry: the connection is handed over by `store_sql.connection.migrate`, there is no alembic.ini."""

from alembic import context

from hq.adapters.store_sql.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
