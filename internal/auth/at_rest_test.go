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

	stored := everyByte(t, folder)
	if !strings.Contains(stored, ada) || !strings.Contains(stored, "$argon2id$") {
		t.Fatal("what is certainly stored was not found")
	}
	if strings.Contains(stored, marker) || strings.Contains(stored, string(shortPassword)) {
		t.Error("a password is stored")
	}
	for i, token := range tokens {
		if token == "" {
			continue // a notice has none
		}
		random := strings.SplitN(token.Reveal(), "_", 3)[2]
		for length := len(random); length >= 12; length -= 8 {
			if strings.Contains(stored, random[:length]) {
				t.Errorf("%d characters of token %d are stored", length, i)
			}
		}
	}
	if regexp.MustCompile(`lk_(ses|cnf|rst|cli)_`).MatchString(stored) {
		t.Error("a token is stored")
	}
}

// Codes are mailed, used, left and mistyped, and then every byte of the database's files is read.
func TestNoCodeIsStored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w := authtest.New(t, authtest.Open(t, "sqlite:"+filepath.Join(folder, "test.db")), authtest.WithLoginCodes(authtest.Mandatory))
	caller := bareCaller(t, w)
	used, left, proof := askForCode(t, w, ada), askForCode(t, w, ada), proofByCode(t, w, caller)
	_, err := w.LoginWithCode(t.Context(), used)
	must(t, err)
	_, err = w.Reauthenticate(t.Context(), caller, proof)
	must(t, err)
	mistyped := left
	mistyped.Code = wrongCode
	invalid(t, w, mistyped)

	stored := everyByte(t, folder)
	if !strings.Contains(stored, ada) || !strings.Contains(stored, "reauthenticate") {
		t.Fatal("what is certainly stored was not found")
	}
	for i, code := range []secret.Text{used.Code, left.Code, *proof.Code, wrongCode} {
		whole := code.Reveal()
		for _, form := range []string{whole, strings.ToLower(whole), strings.ReplaceAll(whole, "-", "")} {
			if strings.Contains(stored, form) {
				t.Errorf("code %d is stored", i)
			}
		}
	}
}

// everyByte returns the content of all files in the folder of a database.
func everyByte(t *testing.T, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	must(t, err)
	var stored strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		must(t, err)
		stored.Write(content)
	}
	return stored.String()
}
