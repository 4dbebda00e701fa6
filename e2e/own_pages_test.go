package e2e

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPagesOfTheOperator serves them, and does not start with those that cannot be used.
func TestPagesOfTheOperator(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	texts := filepath.Join(dir, "texts.json")
	put := func(content string) {
		t.Helper()
		if err := os.WriteFile(texts, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(`{"sign_in.title": "Welcome back to {product}"}`)
	p := serve(t, databases["SQLite"](t), map[string]string{"LATCHKEY_PAGES_DIR": dir, "LATCHKEY_PRODUCT_NAME": "Engines"})
	if status, body := p.get("/sign-in"); status != http.StatusOK || !strings.Contains(body, "<h1>Welcome back to Engines</h1>") {
		t.Errorf("/sign-in: got %d, want the words of the operator:\n%s", status, body)
	}

	put("{\n  \"sign_in.titel\": \"x\"\n}")
	command := exec.CommandContext(t.Context(), binary)
	data := t.TempDir()
	command.Env = environment(map[string]string{"LATCHKEY_PAGES_DIR": dir, "LATCHKEY_DATA_DIR": data, "LATCHKEY_ADDR": "127.0.0.1:0"})
	out, err := command.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("LATCHKEY_PAGES_DIR")) || !bytes.Contains(out, []byte(`texts.json, line 2: there is no text called "sign_in.titel"`)) {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(data, "latchkey.db")); err == nil {
		t.Error("a database was made before the pages were looked at")
	}
}

// TestWithoutPages leaves nothing of them.
func TestWithoutPages(t *testing.T) {
	t.Parallel()
	off := map[string]string{"LATCHKEY_PAGES": "false"}
	for _, name := range []string{"CONFIRM", "RESET", "EMAIL_CHANGE", "UNDO_EMAIL_CHANGE"} {
		off["LATCHKEY_"+name+"_URL"] = "http://localhost:3000/page?token={token}"
	}
	p := serve(t, databases["SQLite"](t), off)
	for _, path := range []string{"/sign-up", "/sign-in", "/forgot", "/account", "/confirm?token=x", "/reset?token=x", "/email-change?token=x", "/undo-email-change?token=x"} {
		if status, _ := p.get(path); status != http.StatusNotFound {
			t.Errorf("%s: got %d, want %d", path, status, http.StatusNotFound)
		}
	}
}
