package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

const resetLink = "https://acme.test/reset?lang=en&token=" + token

func TestConsole(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := send(t, mail.NewConsole(&b)); err != nil {
		t.Fatal(err)
	}

	t.Run("shows to whom and what about", func(t *testing.T) {
		for _, want := range []string{"│ To:      ada@example.test\n", "│ Subject: Choose a new password\n", "│ Hello Ada Lovelace,\n"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%q is missing", want)
			}
		}
	})

	t.Run("puts the link on a line of its own", func(t *testing.T) {
		if !strings.Contains(b.String(), "\n"+resetLink+"\n") {
			t.Error("got no line that is the link alone, want one")
		}
	})

	t.Run("says when it could not print", func(t *testing.T) {
		if err := send(t, mail.NewConsole(broken{})); err == nil {
			t.Error("got no error from a broken writer, want one")
		}
	})
}

// broken is a console that is gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "var", "mail")
	s, err := mail.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := newRenderer(t, settings) // whose clock stands still
	sent := make([]*mail.Message, 5)
	for i := range sent {
		l := letter(kinds[i%len(kinds)])
		l.To.Address = fmt.Sprintf("user%d@example.test", i)
		sent[i] = render(t, r, l)
		if err := s.Send(t.Context(), sent[i]); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir) // sorted by name
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(sent) {
		t.Fatalf("%d files for %d mails", len(files), len(sent))
	}

	t.Run("names sort in the order of sending, whatever the clock says", func(t *testing.T) {
		for i, file := range files {
			want := fmt.Sprintf("20261122T030405.67890%dZ-%s-%s.eml", i+1, sent[i].Kind, sent[i].ID[:8])
			if file.Name() != want {
				t.Errorf("the name of mail %d is %s, not %s", i, file.Name(), want)
			}
		}
	})

	t.Run("a file is a whole mail", func(t *testing.T) {
		for i, file := range files {
			m, err := smtptest.Parse(read(t, filepath.Join(dir, file.Name())))
			if err != nil {
				t.Fatal(err)
			}
			if m.To != sent[i].To || m.Subject != sent[i].Subject || m.Text != sent[i].Text.Reveal() || m.HTML != sent[i].HTML.Reveal() {
				t.Errorf("mail %d differs from what was sent", i)
			}
			if m.Header.Get("Date") == "" || m.Header.Get("Message-Id") == "" {
				t.Errorf("mail %d lacks headers", i)
			}
		}
	})

	t.Run("a link stands whole on a line of its own", func(t *testing.T) {
		if !bytes.Contains(read(t, filepath.Join(dir, files[1].Name())), []byte("\n"+resetLink+"\n")) {
			t.Error("got no line that is the link alone, want one")
		}
	})

	t.Run("nobody else may read it", func(t *testing.T) {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder: %v, %v", info.Mode(), err)
		}
		for _, file := range files {
			if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("a file: %v, %v", info.Mode(), err)
			}
		}
	})

	t.Run("a mail that cannot be written is an error and leaves nothing", func(t *testing.T) {
		gone := filepath.Join(t.TempDir(), "gone")
		s, err := mail.NewFolder(gone)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(gone); err != nil {
			t.Fatal(err)
		}
		if err := send(t, s); err == nil {
			t.Error("got no error, want one")
		}
	})

	t.Run("a folder that cannot be made is an error", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := mail.NewFolder(file); err == nil {
			t.Error("got no error, want one")
		}
	})
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// senderFunc is a sender that is a function.
type senderFunc func(ctx context.Context, m *mail.Message) error

func (f senderFunc) Send(ctx context.Context, m *mail.Message) error { return f(ctx, m) }

func TestMulti(t *testing.T) {
	t.Parallel()
	var order []string
	sender := func(name string, err error) mail.Sender {
		return senderFunc(func(context.Context, *mail.Message) error {
			order = append(order, name)
			return err
		})
	}
	refused := &mail.PermanentError{Reason: "no"}
	m := render(t, newRenderer(t, settings), letter(auth.LetterReset))

	t.Run("all of them get it, in order", func(t *testing.T) {
		order = nil
		err := mail.Multi(sender("a", nil), sender("b", nil)).Send(t.Context(), m)
		if err != nil || strings.Join(order, "") != "ab" {
			t.Errorf("%v, %v", order, err)
		}
	})

	t.Run("the first error stops it and stays what it is", func(t *testing.T) {
		order = nil
		err := mail.Multi(sender("a", nil), sender("b", refused), sender("c", nil)).Send(t.Context(), m)
		if !mail.Permanent(err) || strings.Join(order, "") != "ab" {
			t.Errorf("%v, %v", order, err)
		}
	})
}
