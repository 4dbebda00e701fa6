-- The trusted device on which a session began, or which it made trusted: it ends when its user removes the device. NULL:
-- none, or it began before this was written down.
ALTER TABLE sessions ADD COLUMN trusted_device_id UUID;
