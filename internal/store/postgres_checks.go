package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// checkEncoding refuses a database that cannot hold every text. SQL_ASCII holds the bytes of UTF-8.
func (db *DB) checkEncoding(ctx context.Context) error {
	var encoding string
	if err := db.reads.NewRaw("SELECT current_setting('server_encoding')").Scan(ctx, &encoding); err != nil {
		return db.fail(ctx, "ask for the encoding of the database", err)
	}
	if encoding != "UTF8" && encoding != "SQL_ASCII" {
		return fmt.Errorf("store: the database keeps texts in %s, which has no room for most names: "+
			"make one by CREATE DATABASE latchkey ENCODING 'UTF8' TEMPLATE template0, and name it in the database URL", encoding)
	}
	return nil
}

// CanMigrate reports why migrations could not make tables, or nil. On SQLite a user who can write can do that.
func (db *DB) CanMigrate(ctx context.Context) error {
	if db.kind != Postgres {
		return nil
	}
	var schema sql.NullString
	var create sql.NullBool
	err := db.reads.NewRaw("SELECT current_schema(), has_schema_privilege(current_schema(), 'CREATE')").Scan(ctx, &schema, &create)
	switch {
	case err != nil:
		return db.fail(ctx, "ask for the schema of the tables", err)
	case !schema.Valid:
		return errors.New("store: there is no schema in the search_path of the user that it may use: " +
			"make one by CREATE SCHEMA latchkey AUTHORIZATION and the user's name, name another by search_path in the database URL, or run GRANT USAGE, CREATE ON SCHEMA public TO and the user's name")
	case !create.Bool:
		return fmt.Errorf("store: the user of the database may not make tables in the schema %s: "+
			"as its owner, run GRANT USAGE, CREATE ON SCHEMA %[1]s TO and the user's name", schema.String)
	}
	return nil
}
