package graph_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestConversations has the conversations of testdata with a server, over real HTTP, on SQLite and
// on Postgres. They are made of these sections, in order:
//
//	-- config --      begins a conversation with a new server, with settings and comments after #:
//	                  verification OPTIONAL, registration CLOSED,
//	                  introspection on, usernames OPTIONAL, profile FILE (a schema in testdata)
//	                  introspection on, login-codes on, second-factor staff, trusted-devices off
//	                  sessions 2, password-length 12,
//	                  redirects URL… (pages that links may lead to),
//	                  passkeys on,
//	                  providers on (one, called company), provider-link verified
//	                  limits WORDS… (what is changed of the limits),
//	                  access-token jwt, basic on (and all requests are secure)
//	-- headers --     of all requests from here on
//	-- client --      from where all requests are from here on: an IP address, a space, a user agent
//	-- request --     a GraphQL document
//	-- variables --   its variables
//	-- body --        instead of both: a body as it is
//	-- answer 200 --  sends them; the status, then headers if any, an empty line, and the JSON
//	-- mail --        the next letter, "confirm to ada@example.com", and a name for its token or code,
//	                  and ", leads to URL" if its request said so
//	-- no mail --     that no letter is due
//	-- app --         a name for the code that an authenticator app with the {{secret}} shows next: moves the clock
//	-- passkey --     create or get, the name of a passkey, the options from an answer, and a name for what the browser responds
//	-- provider --    a name for what comes back, and in the next line the claims of who is signed in at the provider, or
//	                  nothing if they decline: goes from {{authorization}} to the provider and back
//	-- account --     an address, and the role of the confirmed account that an operator makes with it: "correct horse battery"
//	-- role --        an address, and the role that an operator gives its user
//	-- operator --    an address, and JSON that an operator merges into the profile of its user
//	-- clock --       how far to move the clock, such as 24h
//
// Where {{name}} is the whole of a text in an answer, or stands for a token of a mail, it takes the
// value the first time and has to be equal from then on; in what is sent it is replaced. {{*}} is
// anything. In a header {{name}} and {{*}} may be a part of the text; a header that is - is not there.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	databases := map[string]func(t *testing.T) auth.Store{
		"SQLite":   func(t *testing.T) auth.Store { return authtest.SQLite(t) },
		"Postgres": func(t *testing.T) auth.Store { return authtest.Postgres(t) },
	}
	for database, open := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			for _, file := range files {
				t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
					t.Parallel()
					archive, err := txtar.ParseFile(file)
					if err != nil {
						t.Fatal(err)
					}
					for _, sections := range conversations(archive.Files) {
						converse(t, sections, open(t))
					}
				})
			}
		})
	}
}

// conversations splits the sections of a file before each config.
func conversations(sections []txtar.File) (all [][]txtar.File) {
	for i, section := range sections {
		if i == 0 || section.Name == "config" {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], section)
	}
	return all
}

// conversation is the state of one of them.
type conversation struct {
	t       *testing.T
	world   *authtest.World
	log     *requestLog
	url     string
	values  map[string]string
	letters []*auth.Letter
	objects map[string]map[string]any // by the names that stand for them in answers
	keys    map[string]*passkeytest.Key

	client    auth.Request
	headers   http.Header
	document  string
	variables json.RawMessage
	body      string
}

func converse(t *testing.T, sections []txtar.File, store auth.Store) {
	config, options, sections := readConfig(t, sections)
	world := authtest.New(t, store, config)
	log := &requestLog{t: t, passwords: map[string]bool{}}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	c := &conversation{t: t, world: world, log: log, values: map[string]string{}, objects: map[string]map[string]any{}, keys: map[string]*passkeytest.Key{}, headers: http.Header{}}
	cookies := httpd.NewCookies(false, "")
	cookies.Now = world.Clock.Now
	options.Cookies = cookies
	c.client.Secure = options.Basic
	handler := graph.NewHandler(world.Service, logger, options)
	front, err := httpd.New(httpd.Config{
		GraphQL: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handler.ServeHTTP(w, r.WithContext(auth.WithRequest(r.Context(), c.client)))
		}),
		Accounts: world, Tokens: world, JWKS: world.PublicKeys, Ready: store.Ping, ProductName: "Latchkey", Logger: logger,
		AccountName: func(key string) string { return secret.NewFingerprintKey(world.Key, "log").Fingerprint(key).Short() },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(front)
	t.Cleanup(server.Close)
	c.url = server.URL
	defer func() {
		server.Close() // then every line is written
		log.check(c.values)
	}()
	for i, section := range sections {
		c.section(fmt.Sprintf("section %d, %q", i+1, section.Name), strings.Fields(section.Name), string(section.Data))
		if t.Failed() {
			return
		}
	}
}

func (c *conversation) section(where string, words []string, text string) {
	c.t.Helper()
	switch name := strings.Join(words, " "); {
	case name == "headers":
		c.headers = c.readHeaders(c.fill(text))
	case name == "client":
		address, agent, _ := strings.Cut(strings.TrimSpace(text), " ")
		c.client = auth.Request{ID: "conversation", ClientIP: netip.MustParseAddr(address), UserAgent: agent}
	case name == "request":
		c.document, c.variables, c.body = c.fill(text), nil, ""
	case name == "variables":
		c.variables = json.RawMessage(c.fill(text))
	case name == "body":
		c.body = strings.TrimSuffix(c.fill(text), "\n")
	case words[0] == "answer":
		c.answer(where, words[1], text)
	case name == "mail":
		c.mail(where, strings.TrimSpace(text))
	case name == "no mail":
		c.letters = append(c.letters, c.world.Letters(c.t)...)
		if len(c.letters) > 0 {
			c.t.Errorf("%s: a %s letter is due", where, c.letters[0].Kind)
		}
	case name == "app":
		c.world.Clock.Advance(secret.TOTPPeriod)
		code, err := secret.TOTPCode(secret.Text(c.values["secret"]), secret.TOTPStep(c.world.Clock.Now()))
		if err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
		c.values[strings.TrimSpace(text)] = code.Reveal()
	case name == "passkey":
		c.passkey(where, strings.Fields(text))
	case name == "provider":
		c.provider(where, text)
	case name == "role":
		email, role, _ := strings.Cut(strings.TrimSpace(text), " ")
		if _, err := c.world.SetRole(c.t.Context(), email, auth.Role(role)); err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
	case name == "account":
		email, role, _ := strings.Cut(strings.TrimSpace(text), " ")
		account := auth.NewAccount{Email: email, Password: inPassword, Role: auth.Role(role), Verified: true}
		if _, err := c.world.CreateAccount(c.t.Context(), account); err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
	case name == "operator":
		email, change, _ := strings.Cut(strings.TrimSpace(text), " ")
		patch, err := profile.ParsePatch([]byte(change))
		if err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
		if _, err := c.world.SetProfile(c.t.Context(), email, patch); err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
	case name == "clock":
		by, err := time.ParseDuration(strings.TrimSpace(text))
		if err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
		c.world.Clock.Advance(by)
	default:
		c.t.Fatalf("%s: unknown section", where)
	}
}

// passkey has a browser respond to the options of a ceremony.
func (c *conversation) passkey(where string, words []string) {
	c.t.Helper()
	if len(words) != 4 || c.objects[words[2]] == nil {
		c.t.Fatalf("%s: want create or get, a passkey, options from an answer and a name", where)
	}
	key := c.keys[words[1]]
	if key == nil {
		key = passkeytest.New(authtest.Origin)
		c.keys[words[1]] = key
	}
	respond := key.Get
	if words[0] == "create" {
		respond = key.Create
	}
	credential, err := json.Marshal(respond(c.objects[words[2]]))
	if err != nil {
		c.t.Fatalf("%s: %v", where, err)
	}
	c.values[words[3]] = string(credential)
}

func (c *conversation) readHeaders(text string) http.Header {
	headers := http.Header{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimRight(line, "\n"), ": "); ok {
			headers.Add(name, value)
		}
	}
	return headers
}

// fill puts the values that are known into what is sent.
func (c *conversation) fill(text string) string {
	for name, value := range c.values {
		text = strings.ReplaceAll(text, "{{"+name+"}}", value)
	}
	return text
}

func (c *conversation) mail(where, text string) {
	c.t.Helper()
	if len(c.letters) == 0 {
		c.letters = c.world.Letters(c.t)
	}
	if len(c.letters) == 0 {
		c.t.Fatalf("%s: no letter is due", where)
	}
	letter := c.letters[0]
	c.letters = c.letters[1:]
	got := fmt.Sprintf("%s to %s", letter.Kind, letter.To.Address)
	for what, value := range map[string]secret.Text{"token": letter.Token, "code": letter.Code} {
		if value == "" {
			continue
		}
		_, name, _ := strings.Cut(text, "{{")
		name, _, _ = strings.Cut(name, "}}")
		c.values[name] = value.Reveal()
		got += ", " + what + " {{" + name + "}}"
	}
	if letter.RedirectURL != "" {
		got += ", leads to " + letter.RedirectURL
	}
	if got != text {
		c.t.Fatalf("%s: the mail is\n  %s\nwant\n  %s", where, got, text)
	}
}
