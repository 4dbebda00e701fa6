package pgtest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// warden is the shell script that a throwaway server lives in. It holds on to its standard input,
// the other end of which the test process has: when that process is gone, killed even, the server
// stops and its folder goes. A line on standard output says that the server is ready. A line on standard
// input ends the server as a crash would, all its processes at once and nothing written, or starts it again.
const warden = `
programs=$1 folder=$2 settings=$3
start() {
	"$programs/pg_ctl" start --wait --silent --pgdata="$folder/data" --log="$folder/log" --options="$options" </dev/null >&2
}
options="-c listen_addresses= -c unix_socket_directories='$folder' -c max_connections=200"
options="$options -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB $settings"
if "$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=trust \
	--encoding=UTF8 --no-locale --no-sync >"$folder/log" 2>&1 && start
then
	echo ready
	while read -r command; do
		case $command in
		kill) "$programs/pg_ctl" stop --wait --silent --mode=immediate --pgdata="$folder/data" </dev/null >&2 ;;
		start) start ;;
		esac && echo done || echo failed
	done
else
	cat "$folder/log" >&2
fi
"$programs/pg_ctl" stop --silent --mode=immediate --pgdata="$folder/data" </dev/null >/dev/null 2>&1
rm -rf "$folder"
`

// server is a throwaway PostgreSQL that listens on a socket in its folder.
type server struct {
	folder string
	script *exec.Cmd
	input  io.WriteCloser
	output *bufio.Reader
}

// start starts a server in a new folder below parent and waits until it is ready, which takes two seconds or so.
// The settings are arguments of the program postgres, and win over those that tests have.
func start(parent string, settings ...string) (*server, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(parent, "latchkey-postgres-")
	if err != nil {
		return nil, err
	}
	s, err := startIn(folder, programs, settings)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return s, nil
}

func startIn(folder, programs string, settings []string) (*server, error) {
	script := exec.Command("/bin/sh", "-c", warden, "warden", programs, folder, strings.Join(settings, " ")) //nolint:gosec,noctx // the script is ours, and outlives any context
	script.Dir = folder
	if err := setUpProcess(script, folder); err != nil {
		return nil, err
	}
	input, err := script.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := script.StdoutPipe()
	if err != nil {
		return nil, err
	}
	var complaints bytes.Buffer
	script.Stderr = &complaints
	if err := script.Start(); err != nil {
		return nil, err
	}

	s := &server{folder: folder, script: script, input: input, output: bufio.NewReader(output)}
	if _, err := s.output.ReadString('\n'); err != nil {
		// Without the line, the script is at its end.
		return nil, fmt.Errorf("start a throwaway PostgreSQL: %w: %s", errors.Join(err, s.stop()), complaints.String())
	}
	return s, nil
}

// url returns the URL of the database that every server has.
func (s *server) url() *url.URL {
	return &url.URL{
		Scheme:   "postgres",
		User:     url.User("postgres"),
		Path:     "/postgres",
		RawQuery: url.Values{"host": {s.folder}}.Encode(),
	}
}

// tell has the warden do something and waits until it is done.
func (s *server) tell(command string) error {
	if _, err := io.WriteString(s.input, command+"\n"); err != nil {
		return err
	}
	answer, err := s.output.ReadString('\n')
	if err == nil && answer != "done\n" {
		err = errors.New("it failed")
	}
	return err
}

// stop ends the server and waits until its folder is gone.
func (s *server) stop() error {
	return errors.Join(s.input.Close(), s.script.Wait())
}

// places are where systems put PostgreSQL's programs, if not in the PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",            // Debian
	"/usr/pgsql-*/bin",                     // Red Hat
	"/opt/homebrew/opt/postgresql@*/bin",   // macOS
	"/usr/local/opt/postgresql@*/bin",      // macOS on Intel
	"/Applications/Postgres.app/*/*/*/bin", // macOS
}

// findPrograms returns the folder of initdb, pg_ctl and postgres: of the PATH, or the newest.
func findPrograms() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		// Where the PATH has a link, the other programs may not be beside it.
		if path, err = filepath.EvalSymlinks(path); err == nil && isComplete(filepath.Dir(path)) {
			return filepath.Dir(path), nil
		}
	}
	var found []string
	for _, place := range places {
		folders, err := filepath.Glob(place)
		if err != nil {
			return "", err
		}
		found = append(found, folders...)
	}
	found = slices.DeleteFunc(found, func(folder string) bool { return !isComplete(folder) })
	if len(found) == 0 {
		return "", errors.New("there is no initdb in the PATH or where systems put it")
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

func isComplete(folder string) bool {
	for _, program := range []string{"initdb", "pg_ctl", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(folder, program)); err != nil {
			return false
		}
	}
	return true
}

// version returns the major version in a folder's path, or 0.
func version(folder string) int {
	for part := range strings.FieldsFuncSeq(folder, func(r rune) bool { return r < '0' || r > '9' }) {
		if n, err := strconv.Atoi(part); err == nil {
			return n
		}
	}
	return 0
}
