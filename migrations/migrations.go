// Package migrations holds the steps that bring a database to the schema of this release.
//
// The steps go forward only, are numbered, and are never edited once released. One text serves
// Postgres and SQLite. A part that only one of them can read stands between the lines
// "-- +only postgres" (or sqlite) and "-- +end", under a comment that says why. While a release
// rolls out, the one before it works on the new schema, so a new column is nullable or has a
// default.
package migrations

import "embed"

// Files are the steps, to be applied in the order of their names.
//
//go:embed *.sql
var Files embed.FS
