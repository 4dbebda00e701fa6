package e2e

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// doctored returns the lines of the doctor by what they are about.
func doctored(t *testing.T, settings map[string]string, wantOK bool) map[string]string {
	t.Helper()
	stdout, stderr, ok := latchkey(t, "", settings, "doctor")
	if ok != wantOK || !ok && !strings.Contains(stderr, "to be fixed") {
		t.Errorf("succeeded %t: %s\n%s", ok, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, "\x1b") {
		t.Error("there are colours where there is no terminal")
	}
	lines := map[string]string{}
	for line := range strings.Lines(stdout) {
		verdict, rest, _ := strings.Cut(line, " ")
		what, found, _ := strings.Cut(strings.TrimSpace(rest), "  ")
		if verdict != "" {
			lines[what] = verdict + " " + strings.TrimSpace(found)
		}
	}
	return lines
}

func wantLine(t *testing.T, lines map[string]string, what, begin string) {
	t.Helper()
	if !strings.HasPrefix(lines[what], begin) {
		t.Errorf("of %s it says %q, want %q…", what, lines[what], begin)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	t.Run("finds an installation that has not begun, and begins nothing", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		lines := doctored(t, map[string]string{"LATCHKEY_DATA_DIR": dir, "PORT": "1"}, true)
		wantLine(t, lines, "Settings", "ok")
		wantLine(t, lines, "Secret key", "ok there is none yet")
		wantLine(t, lines, "Database", "ok SQLite")
		wantLine(t, lines, "Public URL", "warn")
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("there is a folder now: %v", err)
		}
	})

	for name, database := range databases {
		t.Run("finds a running server well, on "+name, func(t *testing.T) {
			settings := database(t)
			server := smtptest.New(t, smtptest.WithAuth("mailer", "a-password-of-mail"))
			settings["LATCHKEY_SMTP_URL"], settings["LATCHKEY_MAIL_FROM"] = server.URL(), "hello@example.com"
			p := serve(t, settings)
			settings["LATCHKEY_ADDR"] = strings.TrimPrefix(p.url, "http://")
			lines := doctored(t, settings, true)
			for _, what := range []string{"Settings", "Secret key", "Database", "Migrations", "Clock", "Mail", "Public URL"} {
				wantLine(t, lines, what, "ok")
			}
			if len(server.Messages()) != 0 {
				t.Error("got a mail, want none")
			}
		})
	}

	t.Run("finds a mail server that does not take us in, and keeps the password to itself", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithAuth("mailer", "a-password-of-mail"))
		settings := map[string]string{
			"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_MAIL_FROM": "hello@example.com", "PORT": "1",
			"LATCHKEY_SMTP_URL": "smtp://mailer:another-password@" + server.Addr(),
		}
		lines := doctored(t, settings, false)
		wantLine(t, lines, "Mail", "fail "+server.Addr()+": logging in")
		for _, line := range lines {
			if strings.Contains(line, "password") {
				t.Error("the password, or that there is one, is told")
			}
		}
	})

	t.Run("finds migrations that are left to the operator", func(t *testing.T) {
		settings := onPostgres(t, pgtest.URL(t))
		wantLine(t, doctored(t, settings, true), "Migrations", "warn pending: 0001_")
		settings["LATCHKEY_MIGRATE"] = "false"
		wantLine(t, doctored(t, settings, false), "Migrations", "fail pending: 0001_")
	})

	t.Run("finds a database that does not answer", func(t *testing.T) {
		settings := onPostgres(t, "postgres://latchkey:a-secret@127.0.0.1:1/latchkey")
		lines := doctored(t, settings, false)
		wantLine(t, lines, "Database", "fail")
		if strings.Contains(lines["Database"], "a-secret") {
			t.Error("got the password in the output, want it nowhere")
		}
	})
}

// onATerminal runs the program on a terminal of its own and returns what that shows, until the text
// appears or the program ends.
func onATerminal(t *testing.T, until string, settings map[string]string, args ...string) string {
	t.Helper()
	script, err := exec.LookPath("script")
	if err != nil {
		t.Skip("there is no script here (Debian: apt-get install bsdutils), which makes a terminal")
	}
	command := exec.CommandContext(t.Context(), script, "-qefc", "exec "+strings.Join(append([]string{binary}, args...), " "), os.DevNull)
	command.Env = environment(settings, map[string]string{"LATCHKEY_ENV": "development", "LATCHKEY_ADDR": "127.0.0.1:0", "TERM": "xterm", "SHELL": "/bin/sh"})
	command.Dir = t.TempDir()
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		// It ends the program on its terminal. Killed, it would leave that to the hang-up, which some ignore.
		_ = command.Process.Signal(syscall.SIGTERM)
		_, _ = io.Copy(io.Discard, out)
		_ = command.Wait()
	}()
	var seen strings.Builder
	buffer := make([]byte, 4096)
	for until == "" || !strings.Contains(seen.String(), until) {
		n, err := out.Read(buffer)
		seen.Write(buffer[:n])
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("read the terminal: %v\n%s", err, seen.String())
		}
	}
	return seen.String()
}

func TestOnATerminal(t *testing.T) {
	t.Parallel()
	data := func() map[string]string { return map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()} }

	t.Run("the start is a summary in colours", func(t *testing.T) {
		got := onATerminal(t, "Ctrl-C", data())
		for _, want := range []string{"/playground", "/dev/mail?key=", "SQLite", "log in as anybody", "\x1b[36m"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
	})
	t.Run("NO_COLOR keeps the colours away", func(t *testing.T) {
		settings := data()
		settings["NO_COLOR"] = "1"
		if got := onATerminal(t, "Ctrl-C", settings); strings.Contains(got, "\x1b") || !strings.Contains(got, "/playground") {
			t.Errorf("%q", got)
		}
	})
	t.Run("long commands tell how far they are", func(t *testing.T) {
		settings := data()
		if got := onATerminal(t, "", settings, "migrate"); !strings.Contains(got, "Migrating: 1 of ") || !strings.Contains(got, "applied 0001_") {
			t.Errorf("%q", got)
		}
		if got := onATerminal(t, "", settings, "gc"); !strings.Contains(got, "Removing links") || !strings.Contains(got, "nothing to remove") {
			t.Errorf("%q", got)
		}
	})
	t.Run("there is nothing of it elsewhere", func(t *testing.T) {
		p := serve(t, data())
		if got := p.output.String(); strings.Contains(got, "\x1b") || strings.Contains(got, "Ctrl-C") {
			t.Errorf("%q", got)
		}
		stdout, stderr, _ := latchkey(t, "", data(), "migrate")
		if strings.Contains(stdout+stderr, "Migrating") {
			t.Errorf("the output: got %q, want no word of a migration", stdout+stderr)
		}
	})
}

// TestDevelopmentIsNotInProduction asks a server of production for what only developers get.
func TestDevelopmentIsNotInProduction(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t)
	settings := func(playground string) map[string]string {
		return map[string]string{
			"LATCHKEY_ENV": "production", "LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_PUBLIC_URL": "https://auth.example.com", "LATCHKEY_ALLOWED_HOSTS": "127.0.0.1", "LATCHKEY_SMTP_URL": server.URL(),
			"LATCHKEY_MAIL_FROM": "hello@example.com", "LATCHKEY_SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
			"LATCHKEY_PLAYGROUND": playground,
		}
	}
	introspect := `{ __schema { queryType { name } } }`

	p := serve(t, settings(""))
	for _, path := range []string{"/dev/mail", "/dev/mail/events", "/playground", "/schema.graphql"} {
		if status, _ := p.get(path); status != http.StatusNotFound {
			t.Errorf("%s answers %d", path, status)
		}
	}
	if _, body := p.get("/"); strings.Contains(body, "dev/mail") || strings.Contains(body, "Latchkey dev") || strings.Contains(body, "SQLite") || strings.Contains(body, "curl") {
		t.Errorf("the front door says too much:\n%s", body)
	}
	if answer := p.graphql("", introspect, nil); strings.Contains(answer, "Query") {
		t.Errorf("the schema is open: %s", answer)
	}

	p = serve(t, settings("true"))
	for _, path := range []string{"/playground", "/schema.graphql"} {
		if status, _ := p.get(path); status != http.StatusOK {
			t.Errorf("%s answers %d", path, status)
		}
	}
	if status, _ := p.get("/dev/mail"); status != http.StatusNotFound {
		t.Errorf("the inbox answers %d", status)
	}
	if answer := p.graphql("", introspect, nil); !strings.Contains(answer, `"Query"`) {
		t.Errorf("the playground could not ask for the schema: %s", answer)
	}
}
