"""The audit log. Its rows are never changed, and go only when nobody can claim anything from them any more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# As `hq.core.audit.AUDIT_KEPT_S` was when these triggers were made.
_KEPT_S = 3 * 366 * 86_400


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("member_ref", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_member", "audit", ["member_ref", "n"], unique=False)
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)


_SQLITE = (
    (
        "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is not changed'); END"
    ),
    (
        "CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit "
        f"WHEN OLD.at > CAST(strftime('%s', 'now') AS REAL) - {_KEPT_S} "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is kept'); END"
    ),
)
_POSTGRESQL = (
    (
        "CREATE FUNCTION audit_is_not_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the audit log is not changed'; END $$"
    ),
    (
        "CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF OLD.at > extract(epoch FROM now()) - {_KEPT_S} THEN RAISE EXCEPTION 'the audit log is kept'; END IF; "
        "RETURN OLD; END $$"
    ),
    "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_not_changed()",
    "CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
)
