package graph_test

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// requestLog is the server's log in a conversation. It goes on to that of the test, and in the end it
// is looked through: a line for each request, and no secret and no address in any.
type requestLog struct {
	t         *testing.T
	mu        sync.Mutex
	text      bytes.Buffer
	requests  int
	passwords map[string]bool
}

func (l *requestLog) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.t.Log(strings.TrimSpace(string(line)))
	return l.text.Write(line)
}

// sentPassword finds a password in a request, in its variables or, escaped, in its document.
var sentPassword = regexp.MustCompile(`(?i)password\\?"?:\s*\\?"([^"\\]{6,})\\?"`)

// sent notes what is in a request that no log may have.
func (l *requestLog) sent(body []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	for _, found := range sentPassword.FindAllSubmatch(body, -1) {
		l.passwords[string(found[1])] = true
	}
}

var (
	secretValue = regexp.MustCompile(`^lk_|^eyJ|^[A-Z]{4}-?[A-Z]{4}$|^[a-z2-7]{4}(-[a-z2-7]{4}){3}$|^[A-Z2-7]{32}$`) // a token, a JWT, a code, or the secret of an app
	anyAddress  = regexp.MustCompile(`[^\s"=,]+@[^\s"=,]+\.[a-z]+`)
	requestLine = regexp.MustCompile(`(?m)^.* msg=request request_id=\S+ .* duration=\S+ .*outcome=\S+.*$`)
)

func (l *requestLog) check(values map[string]string) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.text.String()
	if lines := len(requestLine.FindAllString(log, -1)); lines != l.requests || strings.Count(log, "msg=request ") != lines {
		l.t.Errorf("got %d lines in the log, want %d", lines, l.requests)
	}
	for name, value := range values {
		if secretValue.MatchString(value) && strings.Contains(log, value) {
			l.t.Errorf("the log has the secret {{%s}}", name)
		}
	}
	for password := range l.passwords {
		if strings.Contains(log, password) {
			l.t.Error("the log has a password")
		}
	}
	if anyAddress.MatchString(log) || strings.Contains(log, "lk_") || strings.Contains(log, "argon2id") {
		l.t.Error("the log has an address, a token or a hash")
	}
}
