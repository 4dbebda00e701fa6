package e2e

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of 16 MB, which takes root, and returns its folder.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("no file system can be mounted (%v), so this is skipped; the store's own tests fill a database in another way", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return folder
}

// fill writes a file until there is no room left.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(filepath.Clean(path))
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(file, endless{})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing ended with %v", err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

// endless is zeros without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestTheDiskIsFull lets the disk of a SQLite file run full. Reading goes on, writing fails and changes
// nothing, and when there is room everything works.
func TestTheDiskIsFull(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t)
	settings := forCrowd(map[string]string{"LATCHKEY_DATA_DIR": disk})
	p := serve(t, settings)
	t.Cleanup(p.kill) // before the disk goes
	c := gather(t, 3, p, settings)
	c.isServed(30)

	ballast := filepath.Join(disk, "ballast")
	c.mayFail(internal)
	fill(t, ballast)
	c.failsAsExpected(10)
	readable := c.members[0]
	if answer := p.graphql(readable.token, `{ me { email } }`, nil); answer != `{"data":{"me":{"email":"`+readable.email+`"}}}` {
		t.Errorf("while the disk is full, me answers %s", answer)
	}
	if out := p.output.String(); !strings.Contains(out, "full") {
		t.Error("the log does not say that the disk is full")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	comesBack(t, p)
	c.isServed(12)
	c.mayFail(nil)
	c.isServed(60)
	c.takeStock()
}
