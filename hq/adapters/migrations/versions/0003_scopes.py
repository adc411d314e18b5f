"""Why a store holds a member, and more of what is known of a device."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("merchant", sa.Column("everywhere", sa.Boolean(), nullable=False, server_default=sa.text("true")))
    op.add_column("profile", sa.Column("home_store", sa.Text(), nullable=False, server_default=""))
    op.create_index("profile_home", "profile", ["merchant_id", "home_store", "member_ref"], unique=False)
    is_profile = sa.text("kind = 'profile'")
    op.create_index(
        "scope_member", "scope", ["key"], unique=False, sqlite_where=is_profile, postgresql_where=is_profile
    )
    for column in (
        sa.Column("boot_id", sa.Text(), nullable=False, server_default=""),
        sa.Column("boot_at", sa.Double(), nullable=False, server_default=sa.text("0")),
        sa.Column("past_boots", sa.Text(), nullable=False, server_default=""),
        sa.Column("conflict_at", sa.Double(), nullable=True),
        sa.Column("conflict", sa.Text(), nullable=False, server_default=""),
        sa.Column("schema_version", sa.Integer(), nullable=True),
        sa.Column("clock_offset_s", sa.Double(), nullable=True),
    ):
        op.add_column("device", column)
    op.create_table(
        "neighbour",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("near_id", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "near_id"),
    )
    op.create_table(
        "scope_reason",
        sa.Column("member_ref", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("member_ref", "store_id", "reason"),
    )
    op.create_index(op.f("ix_scope_reason_until"), "scope_reason", ["until"], unique=False)
    op.create_table(
        "tide",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
