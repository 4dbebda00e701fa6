package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// folderTime has the same width for every time, so that names sort as times do.
const folderTime = "20060102T150405.000000Z"

// NewFolder returns a sender that writes each mail into a file of its own in dir, which it makes
// (mode 0700; the files have 0600) if it is not there. Names are "<UTC time>-<kind>-<short id>.eml"
// and sort in the order of sending. A file appears whole or not at all. It is a complete mail whose
// lines end in LF, as in a Maildir, and whose bodies are not encoded: a link stands on a line by
// itself, where grep finds it.
func NewFolder(dir string) (Sender, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for mail: %w", err)
	}
	return &folder{dir: dir}, nil
}

type folder struct {
	dir   string
	mutex sync.Mutex // one mail at a time
	last  time.Time  // of the name given last
}

func (f *folder) Send(_ context.Context, m *Message) error {
	content, err := encode(m, gomail.NoEncoding)
	if err != nil {
		return err
	}
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))

	f.mutex.Lock()
	defer f.mutex.Unlock()
	at := m.Date.UTC().Truncate(time.Microsecond)
	if !at.After(f.last) {
		at = f.last.Add(time.Microsecond)
	}
	name := fmt.Sprintf("%s-%s-%.8s.eml", at.Format(folderTime), m.Kind, m.ID)
	if err := writeWhole(filepath.Join(f.dir, name), content); err != nil {
		return fmt.Errorf("write the mail into its folder: %w", err)
	}
	f.last = at
	return nil
}

// writeWhole writes a file so that no reader ever sees a part of it.
func writeWhole(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".mail-*") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()

	if _, err := file.Write(content); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
