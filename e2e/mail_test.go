package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// ownReset is a letter in an operator's own words.
const ownReset = `{{define "subject"}}Wachtwoord voor {{.Product}}{{end}}
{{define "before"}}Kies een nieuw wachtwoord:{{end}}
{{define "button"}}Kies{{end}}
{{define "after"}}{{end}}
`

// templatesWith is the setting of a folder with one template.
func templatesWith(t *testing.T, name, content string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"LATCHKEY_MAIL_TEMPLATES": dir}
}

// TestMailInOnesOwnWords serves with a template of the operator's, and not with a broken one.
func TestMailInOnesOwnWords(t *testing.T) {
	t.Parallel()
	t.Run("its letters are sent", func(t *testing.T) {
		t.Parallel()
		smtp := smtptest.New(t)
		settings := databases["SQLite"](t)
		if _, errs, ok := latchkey(t, password+"\n", settings, "user", "create", email, "--confirmed"); !ok {
			t.Fatal(errs)
		}
		p := serve(t, settings, mailTo(smtp), templatesWith(t, "reset.txt", ownReset))
		p.graphql("", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`, nil)
		if m := smtp.WaitFor(t, 1); m.Subject != "Wachtwoord voor Latchkey" || m.Token() == "" || !strings.Contains(m.HTML, ">Kies</a>") {
			t.Errorf("the subject is %q:\n%s", m.Subject, hideTokens(m.Text))
		}
	})

	for name, c := range map[string]struct{ file, content, want string }{
		"one that does not parse":    {"reset.txt", "\n{{define}}", "reset.txt, line 2: "},
		"one that loses the link":    {"layout.txt", "{{range .Before}}{{.}}{{end}}\n{{.Code}}\n", "layout.txt: the link of confirm.txt is not in it"},
		"one with an unknown name":   {"rest.txt", "", "rest.txt: there is no template of this name. The nearest: reset.txt"},
		"one with an unknown field":  {"reset.txt", strings.ReplaceAll(ownReset, "Product", "Token"), "reset.txt, line 1: there is no .Token"},
		"one that loses it in pages": {"layout.html", "<p>{{.Link}} {{.Code}}</p>", "layout.html: the link of confirm.txt is not in it"},
	} {
		t.Run(name+" stops the start", func(t *testing.T) {
			t.Parallel()
			settings := templatesWith(t, c.file, c.content)
			settings["LATCHKEY_ADDR"] = "127.0.0.1:0"
			if _, errs, ok := latchkey(t, "", settings); ok || !strings.Contains(errs, c.want) {
				t.Errorf("started %v, said %s", ok, errs)
			}
		})
	}
}

// TestMailPreview writes letters into files, and opens them when it is told to.
func TestMailPreview(t *testing.T) {
	t.Parallel()
	settings := templatesWith(t, "reset.txt", ownReset)
	out, errs, ok := latchkey(t, "", settings, "mail", "preview", "--dir", filepath.Join(t.TempDir(), "letters"))
	if !ok || !strings.Contains(out, "account_deleted.html\n") || !strings.HasSuffix(out, "index.html\n") {
		t.Fatalf("printed %q, said %s", out, errs)
	}
	for path := range strings.Lines(out) {
		content, err := os.ReadFile(strings.TrimSpace(path))
		if err != nil {
			t.Error(err)
		}
		if filepath.Base(strings.TrimSpace(path)) == "reset.txt" && !strings.HasPrefix(string(content), "Subject: Wachtwoord") {
			t.Errorf("the template is not used:\n%s", content)
		}
	}

	t.Run("into a temporary folder, opened", func(t *testing.T) {
		bin := t.TempDir()
		for _, opener := range []string{"xdg-open", "open"} {
			if err := os.WriteFile(filepath.Join(bin, opener), []byte("#!/bin/sh\necho \"$1\" >\""+bin+"/opened\"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		temporary := map[string]string{"TMPDIR": t.TempDir()}
		out, errs, ok := latchkey(t, "", map[string]string{"PATH": bin, "TMPDIR": temporary["TMPDIR"]}, "mail", "preview", "reset", "--open")
		if !ok || strings.Count(out, temporary["TMPDIR"]) != 3 {
			t.Fatalf("printed %q, said %s", out, errs)
		}
		opened, err := os.ReadFile(filepath.Join(bin, "opened"))
		if err != nil || !strings.HasSuffix(out, "\n"+string(opened)) {
			t.Errorf("opened %q: %v", opened, err)
		}
	})

	t.Run("where nothing opens files it says so", func(t *testing.T) {
		nothing := map[string]string{"PATH": t.TempDir(), "TMPDIR": t.TempDir()}
		out, errs, ok := latchkey(t, "", nothing, "mail", "preview", "reset", "--open")
		if ok || !strings.Contains(errs, "no browser could be opened") || !strings.Contains(out, "reset.html") {
			t.Errorf("printed %q, said %s", out, errs)
		}
	})

	t.Run("of a letter that there is not", func(t *testing.T) {
		dir := t.TempDir()
		_, errs, ok := latchkey(t, "", map[string]string{"TMPDIR": dir}, "mail", "preview", "rset")
		if left, err := os.ReadDir(dir); ok || !strings.Contains(errs, "The nearest: reset") || err != nil || len(left) > 0 {
			t.Errorf("said %s, left %v (%v)", errs, left, err)
		}
	})
}

// TestMailTest sends a letter and says what became of it.
func TestMailTest(t *testing.T) {
	t.Parallel()
	t.Run("by a server that takes it", func(t *testing.T) {
		smtp := smtptest.New(t)
		out, errs, ok := latchkey(t, "", mailTo(smtp), "mail", "test", "ada@example.com")
		if !ok || !strings.Contains(out, smtp.Addr()+" has taken the letter for ada@example.com") {
			t.Errorf("printed %q, said %s", out, errs)
		}
		if m := smtp.WaitFor(t, 1); m.Subject != "A test of the mail of Latchkey" || m.To != "ada@example.com" || m.Link() != "" {
			t.Errorf("%q to %s", m.Subject, m.To)
		}
	})

	t.Run("by a server that refuses it", func(t *testing.T) {
		smtp := smtptest.New(t)
		smtp.FailNext(1, 550)
		if out, errs, ok := latchkey(t, "", mailTo(smtp), "mail", "test", "ada@example.com"); ok || !strings.Contains(errs, "the letter was refused: ") || !strings.Contains(errs, "550") {
			t.Errorf("printed %q, said %s", out, errs)
		}
	})

	t.Run("by a server that is not there", func(t *testing.T) {
		smtp, err := smtptest.NewServer()
		if err != nil {
			t.Fatal(err)
		}
		settings := mailTo(smtp)
		if err := smtp.Close(); err != nil {
			t.Fatal(err)
		}
		if out, errs, ok := latchkey(t, "", settings, "mail", "test", "ada@example.com"); ok || !strings.Contains(errs, "the letter was not sent: ") || !strings.Contains(errs, "refused") {
			t.Errorf("printed %q, said %s", out, errs)
		}
	})

	t.Run("without a server", func(t *testing.T) {
		out, errs, ok := latchkey(t, "", nil, "mail", "test", "ada@example.com")
		if !ok || !strings.Contains(out, "To:      ada@example.com") || !strings.Contains(out, "has not left this machine") {
			t.Errorf("printed %q, said %s", out, errs)
		}
	})

	t.Run("to what is no address", func(t *testing.T) {
		if _, errs, ok := latchkey(t, "", nil, "mail", "test", "ada"); ok || !strings.Contains(errs, "not an email address") {
			t.Errorf("said %s", errs)
		}
	})
}
