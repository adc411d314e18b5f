"""Pictures of articles, and which article shows which."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("product", sa.Column("image", sa.Text(), nullable=False, server_default=""))
    op.create_index("product_image", "product", ["merchant_id", "image"], unique=False)
    op.create_table(
        "picture",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("small", sa.LargeBinary(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "name"),
    )
