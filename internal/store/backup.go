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
	"syscall"
)

// ErrNotSQLite is returned by Backup for another kind of database, which has programs of its own for that.
var ErrNotSQLite = errors.New("store: only a SQLite database is copied by Latchkey")

// Backup writes a copy of a SQLite database in use into a new file, for the eyes of its owner only, and
// returns its size in bytes. It is the database at one moment, however much is written meanwhile, and was
// opened and checked before it gets its name; no request waits for it. An error that is fs.ErrExist means
// that there is a file of this name, which is left as it is.
func (db *DB) Backup(ctx context.Context, path string) (int64, error) {
	if db.kind != SQLite {
		return 0, ErrNotSQLite
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return 0, fmt.Errorf("store: back up: %w", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("store: back up: %w", errors.Join(err, fs.ErrExist))
	}

	// Under another name first, so that what has the name is whole. SQLite takes a file that is empty.
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial") // mode 0600
	if err != nil {
		return 0, fmt.Errorf("store: back up: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := file.Close(); err != nil {
		return 0, fmt.Errorf("store: back up: %w", err)
	}
	if err := db.copyTo(ctx, file.Name()); err != nil {
		return 0, err
	}
	size, err := flush(file.Name())
	if err != nil {
		return 0, fmt.Errorf("store: back up: %w", err)
	}
	if err := place(file.Name(), path, os.Link); err != nil {
		return 0, fmt.Errorf("store: back up: %w", err)
	}
	if err := flushFolder(filepath.Dir(path)); err != nil {
		return 0, fmt.Errorf("store: back up: %w", err)
	}
	return size, nil
}

// place gives a file its name and replaces no other. Where link fails because a file can have but one name, as on
// the file systems of most memory sticks, the name is taken first and what has it then is replaced.
func place(from, to string, link func(from, to string) error) error {
	if err := link(from, to); err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	taken, err := os.OpenFile(filepath.Clean(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(taken.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, os.Remove(to)) // it is empty, or the copy that is not answered for
	}
	return nil
}

// flushFolder sees to it that the names in a folder are on the disk, where the system can do that.
func flushFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // it writes them by itself, and opens no folder
	}
	folder, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // some drives of a network
		err = nil
	}
	return errors.Join(err, folder.Close())
}

// copyTo copies the database into an empty file, and checks the copy.
func (db *DB) copyTo(ctx context.Context, path string) (err error) {
	const doing = "back up"
	if _, err := db.pool.DB.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return db.fail(ctx, doing, err)
	}
	opened, err := openFile(path, url.Values{"_pragma": {"query_only(1)"}}) // mode=ro would check less
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return db.checkCopy(ctx, opened)
}

// checkCopy reads all of a copy.
func (db *DB) checkCopy(ctx context.Context, opened *sql.DB) error {
	var verdict string
	if err := opened.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&verdict); err != nil {
		return db.fail(ctx, "check the backup", err)
	}
	if verdict != "ok" {
		return errors.New("store: check the backup: SQLite finds it damaged")
	}
	// The file of another program is whole as well, and no backup.
	var migrations int
	if err := opened.QueryRowContext(ctx, "SELECT COUNT(*) FROM schema_migrations").Scan(&migrations); err != nil {
		return db.fail(ctx, "check the backup", err)
	}
	return nil
}

// flush sees to it that a file is on the disk, and returns its size.
func flush(path string) (int64, error) {
	file, err := os.OpenFile(filepath.Clean(path), os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return 0, err
	}
	return info.Size(), nil
}
