package auth_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// The whole story is told, and then every byte of the database's files is read: tables, indexes,
// free pages and the log of writes.
func TestNoPasswordAndNoTokenIsStored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := authtest.New(t, authtest.Open(t, "sqlite:"+filepath.Join(folder, "test.db")), authtest.Mandatory)
	tokens := []secret.Text{confirmLink(t, w, ada, adasPassword), resetLink(t, w, ada)}
	must(t, use(t, w, tokens[0]))
	if logsIn(t, w, ada, wrongPassword) {
		t.Error("any password works")
	}
	caller, session := w.LogIn(t, ada, adasPassword)
	done, err := change(t, w, caller, adasPassword, newPassword)
	must(t, err)
	signUp(t, w, ada, evesPassword)
	for _, letter := range w.Letters(t) {
		tokens = append(tokens, letter.Token)
	}
	_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), adasPassword)
	must(t, err)
	_, err = w.SetPassword(t.Context(), ada, newPassword)
	must(t, err)
	_, key := newClient(t, w, "shop")
	tokens = append(tokens, session, done.Tokens.AccessToken, key)

	entries, err := os.ReadDir(folder)
	must(t, err)
	var stored strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		must(t, err)
		stored.Write(content)
	}

	if !strings.Contains(stored.String(), ada) || !strings.Contains(stored.String(), "$argon2id$") {
		t.Fatal("what is certainly stored was not found")
	}
	if strings.Contains(stored.String(), marker) || strings.Contains(stored.String(), string(shortPassword)) {
		t.Error("a password is stored")
	}
	for i, token := range tokens {
		if token == "" {
			continue // a notice has none
		}
		random := strings.SplitN(token.Reveal(), "_", 3)[2]
		for length := len(random); length >= 12; length -= 8 {
			if strings.Contains(stored.String(), random[:length]) {
				t.Errorf("%d characters of token %d are stored", length, i)
			}
		}
	}
	if regexp.MustCompile(`lk_(ses|cnf|rst|cli)_`).MatchString(stored.String()) {
		t.Error("a token is stored")
	}
}
