-- Where a mailed link leads that its request said; empty: to the page for its purpose.
ALTER TABLE outbox ADD COLUMN redirect_url TEXT NOT NULL DEFAULT '';
