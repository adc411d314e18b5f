"""What the store's own clocks said of an event, beside the time that it was given; unknown for those from before."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("event", sa.Column("boot_id", sa.Text(), nullable=False, server_default=""))
    op.add_column("event", sa.Column("mono_s", sa.Double(), nullable=False, server_default=sa.text("0")))
