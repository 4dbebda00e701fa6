// Package e2e runs the binary as an operator would: built, started with an environment, asked over
// HTTP, its mail received by a real SMTP server, on a SQLite file and on a real PostgreSQL, killed
// and started again.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

var (
	binary    string // the program under test: the one that LATCHKEY_TEST_BINARY names, else built once
	temporary string // a folder for what several tests use, removed at the end
)

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	var err error
	if temporary, err = os.MkdirTemp("", "latchkey-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = errors.Join(chromium.Close(), os.RemoveAll(temporary)) }() // what is left is in the folder of temporary files
	// The tests mostly wait for other processes. A flag on the command line wins.
	if err := flag.Set("test.parallel", strconv.Itoa(max(4, runtime.GOMAXPROCS(0)))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if binary = os.Getenv("LATCHKEY_TEST_BINARY"); binary != "" {
		return pgtest.Main(m)
	}
	binary = filepath.Join(temporary, "latchkey")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "..") //nolint:noctx // before any test
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return pgtest.Main(m)
}

// databases are what every story is told on: each makes the settings of a new, empty database.
var databases = map[string]func(t *testing.T) map[string]string{
	"SQLite":   func(t *testing.T) map[string]string { return map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()} },
	"Postgres": func(t *testing.T) map[string]string { return onPostgres(t, pgtest.URL(t)) },
}

func onPostgres(t *testing.T, url string) map[string]string {
	return map[string]string{
		"LATCHKEY_DATA_DIR":   t.TempDir(),
		"DATABASE_URL":        url,
		"LATCHKEY_SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	}
}

// process is a running program.
type process struct {
	t       *testing.T
	command *exec.Cmd
	url     string
	client  *http.Client
	startup time.Duration // from the start to the first healthy answer
	output  *output
	ended   chan error
}

// output keeps what a program prints, and tells where it listens.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func environment(settings ...map[string]string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TZ=Asia/Kathmandu"}
	for _, group := range settings {
		for name, value := range group {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// serve starts a server on a port that the system chooses, in development unless the settings say
// otherwise, and waits until it is healthy.
func serve(t *testing.T, settings ...map[string]string) *process {
	t.Helper()
	return launch(t, binary, "http", http.DefaultClient, settings...)
}

// serveTLS is serve for a server that speaks https, to this client.
func serveTLS(t *testing.T, client *http.Client, settings ...map[string]string) *process {
	t.Helper()
	return launch(t, binary, "https", client, settings...)
}

// serveBy is serve with another build of the program.
func serveBy(t *testing.T, binary string, settings ...map[string]string) *process {
	t.Helper()
	return launch(t, binary, "http", http.DefaultClient, settings...)
}

func launch(t *testing.T, binary, scheme string, client *http.Client, settings ...map[string]string) *process {
	t.Helper()
	settings = append([]map[string]string{{"LATCHKEY_ADDR": "127.0.0.1:0", "LATCHKEY_LOG_FORMAT": "json", "LATCHKEY_ENV": "development"}}, settings...)
	p := &process{t: t, client: client, command: exec.Command(binary), output: &output{}, ended: make(chan error, 1)} //nolint:noctx // killed by the test
	p.command.Env = environment(settings...)
	p.command.Dir = t.TempDir()
	p.command.Stdout = p.output
	logs, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	addr := make(chan string, 1)
	go p.readLogs(logs, addr)
	t.Cleanup(p.kill)

	select {
	case address := <-addr:
		p.url = scheme + "://" + address
	case err := <-p.ended:
		p.ended <- err
		t.Fatalf("the program ended before it served: %v\n%s", err, p.output)
	case <-time.After(2 * time.Minute): // it says nothing about speed
		t.Fatalf("got no address of the program within 2 minutes, want one:\n%s", p.output)
	}
	if status, _ := p.get("/healthz"); status != http.StatusOK {
		t.Fatalf("/healthz answers %d", status)
	}
	p.startup = time.Since(begun)
	return p
}

// readLogs keeps the log, and takes the address out of the line that says it.
func (p *process) readLogs(logs io.Reader, addr chan<- string) {
	scanner := bufio.NewScanner(logs)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		_, _ = p.output.Write(append(scanner.Bytes(), '\n'))
		var line struct{ Msg, Addr string }
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Msg == "serving" {
			addr <- line.Addr
		}
	}
	p.ended <- p.command.Wait()
}

// stop asks the program to end, and returns how long it took.
func (p *process) stop() time.Duration {
	p.t.Helper()
	begun := time.Now()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			p.t.Fatalf("the program ended with %v:\n%s", err, p.output)
		}
		p.ended <- nil
	case <-time.After(20 * time.Second):
		p.t.Fatalf("the program does not end:\n%s", p.output)
	}
	return time.Since(begun)
}

// kill ends the program at once, as a crash would.
func (p *process) kill() {
	if err := p.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	err := <-p.ended
	p.ended <- err
}

// inboxAddress is what a server of development prints.
var inboxAddress = regexp.MustCompile(`/dev/mail\?key=\S+`)

// inbox returns the address of the development inbox, with its key.
func (p *process) inbox() string {
	p.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(10 * time.Second); ; {
		if address := inboxAddress.FindString(p.output.String()); address != "" {
			return p.url + address
		}
		select {
		case <-tick.C:
		case <-deadline:
			p.t.Fatalf("the address of the inbox is not printed:\n%s", p.output)
		}
	}
}

func (p *process) get(path string) (status int, body string) {
	p.t.Helper()
	return p.do(http.MethodGet, path, nil, "")
}

func (p *process) do(method, path string, header http.Header, body string) (status int, answer string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := p.client.Do(request)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response.StatusCode, string(read)
}

// graphql sends a document and its variables, and returns the answer.
func (p *process) graphql(token, document string, variables map[string]any) string {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		p.t.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	_, answer := p.do(http.MethodPost, "/graphql", header, string(body))
	return answer
}

// heardWithin is how long it may take until a server answers a query by what another process has changed: the
// 2 s that docs/operations.md names, and what a busy machine adds.
const heardWithin = 3 * time.Second

// hears waits until the answer to a query has something in it, as long as it may take to hear what
// another process has changed.
func (p *process) hears(what, token, query, want string) {
	p.t.Helper()
	for deadline := time.Now().Add(heardWithin); ; {
		answer := p.graphql(token, query, nil)
		if strings.Contains(answer, want) {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("after %v the server has not heard %s: the answer is %s", heardWithin, what, hideTokens(answer))
		}
	}
}

// expect fails the test unless got is want. Tokens in either do not get into its output.
func (p *process) expect(what, got, want string) {
	p.t.Helper()
	if got != want {
		p.t.Fatalf("%s: the answer is\n  %s\nwant\n  %s\n%s", what, hideTokens(got), hideTokens(want), hideTokens(p.output.String()))
	}
}

var anyToken = regexp.MustCompile(`lk_[a-z]+_[0-9A-Za-z]+`)

func hideTokens(s string) string { return anyToken.ReplaceAllString(s, "lk_…") }

const (
	email    = "ada@example.com"
	password = "correct horse battery"
)

func (p *process) register() {
	p.t.Helper()
	answer := p.graphql("", `mutation($e: String!, $p: String!) { register(input: {email: $e, password: $p, name: "Ada"}) { confirmationRequired errors { code } } }`,
		map[string]any{"e": email, "p": password})
	p.expect("register", answer, `{"data":{"register":{"confirmationRequired":true,"errors":[]}}}`)
}

func (p *process) confirm(token string) {
	p.t.Helper()
	answer := p.graphql("", `mutation($t: String!) { confirmEmail(input: {token: $t}) { user { email emailVerified } errors { code } } }`, map[string]any{"t": token})
	p.expect("confirm", answer, `{"data":{"confirmEmail":{"user":{"email":"`+email+`","emailVerified":true},"errors":[]}}}`)
}

// login returns the access token.
func (p *process) login(password string) string {
	p.t.Helper()
	return p.loginAs(email, password)
}

func (p *process) loginAs(email, password string) string {
	p.t.Helper()
	answer := p.graphql("", `mutation($e: String!, $p: String!) { login(input: {email: $e, password: $p}) { tokens { accessToken } errors { code } } }`,
		map[string]any{"e": email, "p": password})
	var decoded struct {
		Data struct {
			Login struct{ Tokens struct{ AccessToken string } }
		}
	}
	if err := json.Unmarshal([]byte(answer), &decoded); err != nil || decoded.Data.Login.Tokens.AccessToken == "" {
		p.t.Fatalf("login: no token in the answer %s\n%s", hideTokens(answer), hideTokens(p.output.String()))
	}
	return decoded.Data.Login.Tokens.AccessToken
}

func (p *process) me(token string) {
	p.t.Helper()
	p.expect("me", p.graphql(token, `{ me { email name } }`, nil), `{"data":{"me":{"email":"`+email+`","name":"Ada"}}}`)
}

// mailTo are the settings that send mail to the server.
func mailTo(server *smtptest.Server) map[string]string {
	return map[string]string{"LATCHKEY_SMTP_URL": server.URL(), "LATCHKEY_MAIL_FROM": "Latchkey <hello@example.com>"}
}
