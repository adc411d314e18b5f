"""An index that finds who was where yesterday without reading through the events of the year that stay."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("event_type_at", "event", ["type", "at"])
