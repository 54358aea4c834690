    op.create_table(
        "one_time_token",
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(320), nullable=False),
        sa.Column("digest", Digest, nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "subject", name="pk_one_time_token"),
    )
    op.create_index("ix_one_time_token_digest", "one_time_token", ["digest"])
    op.create_index("ix_one_time_token_expires_at", "one_time_token", ["expires_at"])
