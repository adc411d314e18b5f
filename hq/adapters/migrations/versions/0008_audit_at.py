"""An index that finds the entries of the audit log whose three years are over."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("audit_at", "audit", ["at"])
