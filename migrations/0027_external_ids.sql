-- How another system knew a user who was imported from it. By this an import that is run again recognizes its users.
CREATE TABLE external_ids (
    user_id     UUID PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    source      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    imported_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT external_ids_source UNIQUE (source, external_id)
);
