package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

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

	entries, err := os.ReadDir(folder)
	must(t, err)
	var stored strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		must(t, err)
		stored.Write(content)
	}
	if !strings.Contains(stored.String(), ada) || !strings.Contains(stored.String(), "reauthenticate") {
		t.Fatal("what is certainly stored was not found")
	}
	for i, code := range []secret.Text{used.Code, left.Code, *proof.Code, wrongCode} {
		whole := code.Reveal()
		for _, form := range []string{whole, strings.ToLower(whole), strings.ReplaceAll(whole, "-", "")} {
			if strings.Contains(stored.String(), form) {
				t.Errorf("code %d is stored", i)
			}
		}
	}
}
