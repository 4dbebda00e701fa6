package mail_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

func TestPreview(t *testing.T) {
	t.Parallel()
	t.Run("every letter is written, as text and as HTML", func(t *testing.T) {
		files, err := filepath.Glob("templates/*.txt")
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "new")
		paths, err := newRenderer(t, settings).Preview(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if len(paths) != 2*(len(files)-1)+1 || paths[len(paths)-1] != filepath.Join(dir, "index.html") {
			t.Errorf("of %d templates there are %q", len(files), paths)
		}
		for _, file := range files {
			kind := strings.TrimSuffix(filepath.Base(file), ".txt")
			if kind == "layout" {
				continue
			}
			for _, ending := range []string{".txt", ".html"} {
				path := filepath.Join(dir, kind+ending)
				content, err := os.ReadFile(path)
				if err != nil || !slices.Contains(paths, path) || !strings.Contains(string(content), "Acme") {
					t.Errorf("%s%s: %v", kind, ending, err)
				}
				if strings.Contains(string(content), "lk_") {
					t.Errorf("%s%s has what looks like a token", kind, ending)
				}
			}
		}
	})

	t.Run("one letter can be chosen", func(t *testing.T) {
		paths, err := newRenderer(t, settings).Preview(t.TempDir(), auth.LetterReset)
		if err != nil || len(paths) != 3 {
			t.Fatalf("%q, %v", paths, err)
		}
		text, err := os.ReadFile(paths[0])
		if err != nil || !strings.HasPrefix(string(text), "Subject: Choose a new password\n\nHello Ada Lovelace,\n") ||
			!strings.Contains(string(text), "this-is-a-sample") {
			t.Errorf("%v:\n%s", err, text)
		}
	})

	t.Run("a letter that there is not", func(t *testing.T) {
		_, err := newRenderer(t, settings).Preview(t.TempDir(), "confrim")
		if err == nil || !strings.Contains(err.Error(), "The nearest: confirm") {
			t.Errorf("it says %v", err)
		}
	})

	t.Run("the templates are not replaced by what they look like", func(t *testing.T) {
		s := ownTemplates(t, map[string]string{"reset.txt": ownReset})
		if _, err := newRenderer(t, s).Preview(filepath.Join(s.Templates, "."), ""); err == nil {
			t.Error("got no error, want one")
		}
		if content, err := os.ReadFile(filepath.Join(s.Templates, "reset.txt")); err != nil || string(content) != ownReset {
			t.Errorf("the template is gone: %v", err)
		}
	})

	t.Run("the test letter has no link and no code", func(t *testing.T) {
		m := render(t, newRenderer(t, settings), letter(mail.LetterTest))
		if m.Subject != "A test of the mail of Acme" || strings.Contains(m.Text.Reveal(), "://") || strings.Contains(m.HTML.Reveal(), "href") {
			t.Errorf("%q:\n%s", m.Subject, m.Text.Reveal())
		}
	})
}
