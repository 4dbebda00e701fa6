package httpd_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

func TestAccessLog(t *testing.T) {
	t.Parallel()
	t.Run("has one line for a request", func(t *testing.T) {
		w := start(t, nil)
		got := w.get("/confirm?token=" + token)
		w.close()
		lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
		if len(lines) != 1 {
			t.Fatalf("%d lines:\n%s", len(lines), w.log)
		}
		var line struct {
			Level, Msg, Method, Route string
			RequestID                 string `json:"request_id"`
			Status, Bytes, Duration   int
		}
		if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
			t.Fatal(err)
		}
		if line.Level != "INFO" || line.Msg != "request" || line.RequestID != got.header.Get("X-Request-Id") || line.Method != http.MethodGet ||
			line.Route != "/confirm" || line.Status != http.StatusOK || line.Bytes != len(got.body) || line.Duration <= 0 {
			t.Errorf("the line: got %+v, want the facts of this request", line)
		}
	})

	t.Run("keeps health checks for those who debug", func(t *testing.T) {
		w := start(t, nil)
		w.get("/healthz")
		w.get("/readyz")
		w.close()
		wantNotIn(t, w.log.String(), `"INFO"`)
		if strings.Count(w.log.String(), `"DEBUG"`) != 2 {
			t.Errorf("log:\n%s", w.log)
		}
	})

	t.Run("never has a token or a password, wherever they were sent", func(t *testing.T) {
		w := start(t, nil)
		secretPath := "/" + token + "/" + "hunter2-the-password"
		w.get(secretPath)
		w.get("/" + secretPath) // is redirected
		w.get("/healthz?token=" + token)
		w.do(w.request("LK_RST_"+"HUNTER2-THE-PASSWORD", "/", ""))
		for _, method := range []string{"GET", "HEAD", "PUT", "POST"} {
			w.do(w.request(method, "/reset?token="+token+"&password=hunter2-the-password", ""))
		}
		r := w.form("/reset?token="+token, "token", token, "password", "hunter2-the-password")
		r.Header.Set("User-Agent", token)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("X-Request-Id", token)
		w.do(r)
		for _, err := range []error{
			errors.New("the database is down"),
			&auth.Error{Kind: auth.RateLimited, Message: "Wait."},
			auth.Problems{{Code: auth.InvalidToken}},
			auth.Problems{{Code: auth.PasswordTooCommon, Message: "Too common."}},
		} {
			w.accounts.err = err
			w.press("/reset", "token", token, "password", "hunter2-the-password")
			w.press("/confirm", "token", token)
		}
		w.close()
		log := strings.ToLower(w.log.String())
		wantNotIn(t, log, token, "hunter2", "lk_rst")
		wantIn(t, log, `"method":"other"`, "the database is down")
		if requests := strings.Count(log, `"msg":"request"`); requests != 17 {
			t.Errorf("%d lines of requests, want 17", requests)
		}
	})
}
