package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"
)

// sqliteTables is what bun knows of our types, found out by reflection: once in a process.
var sqliteTables = sqlitedialect.New()

// openSQLite opens two pools on one file. All that writes goes through one connection, so that
// writers queue up here, in order and until their contexts end, instead of polling the file's lock;
// the waiting that SQLite does itself is left for other processes. Readers never wait for a writer
// (WAL).
func openSQLite(ctx context.Context, path string) (*DB, error) {
	path, err := sqlitePath(path)
	if err != nil {
		return nil, err
	}
	if err := createFile(path); err != nil {
		return nil, fmt.Errorf("store: create the SQLite file: %w", err)
	}

	writer, err := openFile(path, url.Values{
		// A transaction takes the lock when it begins: one that read first and then wants to
		// write could only fail.
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(5000)",
			"journal_mode(WAL)",
			"foreign_keys(1)",
			"synchronous(FULL)", // an answered password reset survives a power cut
		},
	})
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)

	reader, err := openFile(path, url.Values{
		"_pragma": {"busy_timeout(5000)", "query_only(1)"},
	})
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	readers := runtime.NumCPU() + 2
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)

	return newDB(ctx, SQLite, newBun(writer, sqliteTables), newBun(reader, sqliteTables))
}

// sqlitePath checks what follows "sqlite:" and returns the path of the file.
func sqlitePath(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "//"); ok {
		if !strings.HasPrefix(rest, "/") {
			return "", errors.New("store: the database URL of a SQLite file is sqlite:path/of/file, without two slashes")
		}
		path = rest
	}
	if path == "" || strings.Contains(path, ":memory:") {
		return "", errors.New("store: the database URL of SQLite must name a file: sqlite:path/of/file")
	}
	if strings.ContainsRune(path, 0) {
		return "", errors.New("store: the path of the SQLite file contains a NUL byte")
	}
	return filepath.Abs(path)
}

// createFile makes the file and the folders above it unless they are there. SQLite gives the files
// that it puts beside it the same mode.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the operator names the path
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// openFile opens a pool on the file. It goes by a URI in which nothing of the path can be taken for
// a parameter.
func openFile(path string, params url.Values) (*sql.DB, error) {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/data is /C:/data in a URI
	}
	uri := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: params.Encode()}
	connector, err := sqlite.NewConnector(uri.String())
	if err != nil {
		return nil, fmt.Errorf("store: open the SQLite file: %w", err)
	}
	return sql.OpenDB(connector), nil
}
