"""A counter over devices, so that every process learns of a revocation without asking about each device again.

And an index over a member's withdrawals: each proof looks for the earlier ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    counter = sa.table("counter", sa.column("k", sa.Text()), sa.column("seq", sa.BigInteger()))
    op.bulk_insert(counter, [{"k": "device", "seq": 0}])
    op.create_index("revocation_member", "revocation", ["member_ref", "seq"])
