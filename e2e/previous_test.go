package e2e

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// upgradeVariable, when it is "required", makes a failure of a skip for want of the history.
const upgradeVariable = "LATCHKEY_TEST_UPGRADE"

// keptVariable is a folder in which the programs of commits are kept from one run to the next, if it is set.
const keptVariable = "LATCHKEY_TEST_KEPT"

// builds are the programs of commits, each built once.
var builds struct {
	sync.Mutex
	done map[string]func() (string, error)
}

// buildOf returns the path of the program as it was at a commit.
func buildOf(commit string) (string, error) {
	builds.Lock()
	if builds.done == nil {
		builds.done = map[string]func() (string, error){}
	}
	if builds.done[commit] == nil {
		builds.done[commit] = sync.OnceValues(func() (string, error) { return build(commit) })
	}
	done := builds.done[commit]
	builds.Unlock()
	return done()
}

func build(commit string) (string, error) {
	folder, err := os.MkdirTemp(temporary, "source-")
	if err != nil {
		return "", err
	}
	// A program of the same commit, compiler and platform is the same.
	program := filepath.Join(folder, "latchkey-"+commit)
	if kept := os.Getenv(keptVariable); kept != "" {
		program = filepath.Join(kept, strings.Join([]string{"latchkey", commit, runtime.Version(), runtime.GOOS, runtime.GOARCH}, "-"))
		if _, err := os.Stat(program); err == nil {
			return program, nil
		}
	}
	if err := checkOut(commit, folder); err != nil {
		return "", fmt.Errorf("the history has no commit %s: %w", commit, err)
	}
	built := filepath.Join(folder, "built")
	command := exec.Command("go", "build", "-ldflags=-s -w", "-o", built, ".") //nolint:noctx // for all tests
	command.Dir = folder
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build commit %s: %w\n%s", commit, err, out)
	}
	return program, keep(built, program)
}

// keep moves a program, which is there as a whole or not at all.
func keep(built, program string) error {
	content, err := os.ReadFile(built)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o750); err != nil {
		return err
	}
	part := program + ".part" + strconv.Itoa(os.Getpid())
	if err := os.WriteFile(part, content, 0o700); err != nil {
		return err
	}
	return os.Rename(part, program)
}

// checkOut writes the files of a commit into a folder, without a trace in the repository.
func checkOut(commit, folder string) (err error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	command := exec.Command("git", "archive", "--format=tar", commit) //nolint:noctx // likewise
	command.Dir = ".."
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	err = extract(out, root)
	_, _ = io.Copy(io.Discard, out) // what is left of one that failed
	return errors.Join(err, command.Wait())
}

func extract(archive io.Reader, root *os.Root) error {
	for files := tar.NewReader(archive); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(filepath.Clean(header.Name), 0o750)
		case tar.TypeReg:
			err = write(root, header.Name, files)
		}
		if err != nil {
			return err
		}
	}
}

func write(root *os.Root, name string, content io.Reader) error {
	file, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// previous returns the program of the release before, the one that made the newest fixture. Without the
// history the test is skipped, or fails when LATCHKEY_TEST_UPGRADE=required.
func previous(t *testing.T) string {
	t.Helper()
	names, known := released(t)
	program, err := buildOf(known[names[len(names)-1]].Commit)
	if err == nil {
		return program
	}
	if os.Getenv(upgradeVariable) == "required" {
		t.Fatalf("the release before cannot be built, and %s=required: %v", upgradeVariable, err)
	}
	fmt.Fprintf(os.Stderr, "NOT CHECKED: %s: the release before cannot be built: %v\n", t.Name(), err)
	t.Skip("the release before cannot be built")
	return ""
}
