package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

const (
	ada      = "ada@example.com"
	password = "correct horse battery"
)

// server is the program, running.
type server struct {
	t    *testing.T
	url  string // http://localhost and the port
	data string // its folder
	mail *smtptest.Server
	env  []string

	mu  sync.Mutex
	log bytes.Buffer // without what is usual
}

// serve starts the program on a port that is free, with a database of its own, and waits until it serves.
func serve(t *testing.T, settings ...string) *server {
	t.Helper()
	s := &server{t: t, data: t.TempDir(), mail: smtptest.New(t)}
	s.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LATCHKEY_ENV=development", "LATCHKEY_ADDR=127.0.0.1:0",
		"LATCHKEY_LOG_FORMAT=json", "LATCHKEY_DATA_DIR=" + s.data, "LATCHKEY_SMTP_URL=" + s.mail.URL(), "LATCHKEY_MAIL_FROM=hello@example.com",
	}, settings...)
	command := exec.Command(binary) //nolint:noctx // killed by the test
	command.Env = s.env
	logs, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	addr, ended := make(chan string, 1), make(chan struct{})
	var endedWith error
	go func() {
		s.readLogs(logs, addr)
		endedWith = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		if err := command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-ended
		if t.Failed() {
			s.mu.Lock()
			defer s.mu.Unlock()
			t.Logf("what the program complained of:\n%s", chromium.HideTokens(s.log.String()))
		}
	})

	select {
	case address := <-addr:
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatal(err)
		}
		s.url = "http://localhost:" + port
	case <-ended:
		t.Fatalf("the program ended before it served: %v", endedWith)
	case <-time.After(2 * time.Minute): // it says nothing about speed
		t.Fatal("got no address of the program within 2 minutes, want one")
	}
	return s
}

func (s *server) readLogs(logs io.Reader, addr chan<- string) {
	scanner := bufio.NewScanner(logs)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line struct{ Level, Msg, Addr string }
		err := json.Unmarshal(scanner.Bytes(), &line)
		switch {
		case err == nil && line.Msg == "serving":
			addr <- line.Addr
		case err != nil || line.Level != "INFO":
			s.mu.Lock()
			s.log.Write(append(scanner.Bytes(), '\n'))
			s.mu.Unlock()
		}
	}
}

// command runs a command of the program on the same database.
func (s *server) command(stdin string, args ...string) {
	s.t.Helper()
	command := exec.CommandContext(s.t.Context(), binary, args...)
	command.Env, command.Stdin = s.env, strings.NewReader(stdin)
	if out, err := command.CombinedOutput(); err != nil {
		s.t.Fatalf("latchkey %s: %v\n%s", args[0], err, chromium.HideTokens(string(out)))
	}
}

// account makes an account with a confirmed address.
func (s *server) account(email string) {
	s.t.Helper()
	s.command(password+"\n", "user", "create", "--confirmed", email)
}

// letter returns the mail with this subject to an address, when it has come. There is one, the newest.
func (s *server) letter(to, subject string) *smtptest.Message {
	s.t.Helper()
	for n := 1; ; n++ {
		m := s.mail.WaitFor(s.t, n)
		if m.To != to || !strings.Contains(m.Subject, subject) {
			continue
		}
		for _, later := range s.mail.Messages()[n:] {
			if later.To == to && strings.Contains(later.Subject, subject) {
				m = later
			}
		}
		return m
	}
}

// database is the file of SQLite.
func (s *server) database() string { return filepath.Join(s.data, "latchkey.db") }
