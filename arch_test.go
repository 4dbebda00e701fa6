package main_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/latchkey-auth/latchkey"

// arrows are the imports that the parts of the program may have of each other: everything points at
// auth, auth at the mechanisms, and those at secret.
var arrows = map[string][]string{
	"":                               {"internal/app", "internal/cli"},                                         // main, and nothing else
	"bench":                          {"bench/bare", "bench/seed", "internal/secret", "internal/store/pgtest"}, // beside the program, of which it starts the binary
	"bench/bare":                     {"graph/generated", "graph/model", "internal/auth", "internal/httpd", "internal/secret"},
	"bench/seed":                     {"internal/secret", "internal/store"},
	"graph":                          {"graph/generated", "graph/model", "internal/auth", "internal/authorization", "internal/secret"},
	"graph/generated":                {"graph/model", "internal/auth", "internal/secret"},
	"graph/model":                    {"internal/auth", "internal/secret"}, // passwords, tokens and codes do not print
	"e2e":                            {},                                   // tests only, of the binary
	"e2e/chromium":                   {},
	"e2e/browser":                    {},                                                                                                                                                                                     // tests only, of its pages
	"docs":                           {},                                                                                                                                                                                     // tests only, of what is written for people
	"internal/app":                   {"graph", "internal/auth", "internal/config", "internal/httpd", "internal/mail", "internal/metrics", "internal/profile", "internal/secret", "internal/store", "internal/trace", "web"}, // puts everything together
	"internal/cli":                   {"internal/app", "internal/auth", "internal/config", "internal/httpd", "internal/importer", "internal/mail", "internal/secret", "internal/store"},                                      // asks app for parts
	"internal/address":               {"internal/secret", "internal/text"},                                                                                                                                                   // URLs with passwords
	"internal/auth":                  {"internal/secret"},
	"internal/auth/authtest":         {"internal/auth", "internal/secret", "internal/store", "internal/store/dbtest", "internal/passkey", "internal/passkey/passkeytest"},
	"internal/authorization":         {"internal/secret", "internal/text"}, // GraphQL and the endpoints for backends read the same header
	"internal/config":                {"internal/auth", "internal/secret"},
	"internal/httpd":                 {"internal/auth", "internal/authorization", "internal/secret", "web"},
	"internal/importer":              {"internal/auth", "internal/secret"},
	"internal/keyring":               {"internal/secret"},
	"internal/locale":                {},
	"internal/mail":                  {"internal/auth", "internal/secret"},
	"internal/mail/smtptest":         {},
	"internal/metrics":               {"internal/auth", "internal/secret"},
	"internal/password":              {"internal/secret", "internal/text"},
	"internal/profile":               {"internal/text"},
	"internal/provider":              {"internal/outbound", "internal/secret", "internal/text"},
	"internal/outbound":              {},
	"internal/ratelimit":             {"internal/secret"},
	"internal/passkey":               {},
	"internal/passkey/passkeytest":   {},
	"internal/qrcode":                {},
	"internal/provider/providertest": {"internal/provider", "internal/secret"},
	"internal/queue":                 {},
	"internal/secret":                {"internal/secret/foreign"},
	"internal/secret/foreign":        {},
	"internal/store":                 {"internal/auth", "internal/secret", "migrations"},
	"internal/store/dbtest":          {"internal/store", "internal/store/pgtest"},
	"internal/store/pgtest":          {},
	"internal/auth/observegen":       {}, // writes code for tests
	"internal/store/storetest":       {"internal/auth", "internal/secret"},
	"internal/text":                  {},
	"internal/trace":                 {"internal/auth", "internal/secret"},
	"migrations":                     {},
	"verify":                         {}, // for other people's services, which want nothing else of ours
	"web":                            {},
}

// mechanisms are what auth is made of and what knows nothing of it, with why each is a package. Auth may
// import them, and so may what imports auth. What they import of the program is in arrows.
var mechanisms = map[string]string{
	"internal/ratelimit":      "counting attempts is the same whatever is counted, and has tests of its own",
	"internal/keyring":        "which key signs when is arithmetic with times, which needs neither a store nor a clock",
	"internal/profile":        "a profile, its schema and the changes of both are one subject, and have a dependency of their own",
	"internal/password":       "which passwords may be chosen is a rule of its own, with a list of its own",
	"internal/address":        "config, httpd, mail and auth have to read an address in the same way",
	"internal/locale":         "a span of time is said in the same words by pages, emails, errors and commands",
	"internal/text":           "which characters a text may have is one rule, at every edge",
	"internal/passkey":        "what browsers and authenticators say is verified by rules of its own, and with a dependency of its own",
	"internal/qrcode":         "how a QR code is drawn has a dependency of its own, and nothing to do with what is in it",
	"internal/provider":       "what a provider says does not depend on our rules, and asking it has dependencies of its own",
	"internal/secret/foreign": "what other programs hash passwords with is compared by rules of theirs, and bounded in one place",
	"internal/queue":          "email and webhooks are worked off in the same way, and tested in one place",
}

// keepers says which package alone may import a dependency, and why.
var keepers = []struct {
	dependency string // a path, with everything below it
	keepers    []string
	why        string
}{
	{"github.com/uptrace/bun", []string{"internal/store"}, "the database is behind auth.Store, so that it can be another one"},
	{"database/sql", []string{"internal/store", "internal/store/pgtest", "bench/bare", "bench/seed"}, "the database is behind auth.Store, so that it can be another one"},
	{"github.com/jackc/pgx/v5", []string{"internal/store", "internal/store/pgtest", "bench/bare", "bench/seed"}, "the database is behind auth.Store, so that it can be another one"},
	{"modernc.org/sqlite", []string{"internal/store", "internal/store/dbtest", "bench/bare", "bench/seed"}, "the database is behind auth.Store, so that it can be another one"},
	{"github.com/99designs/gqlgen", []string{"graph", "graph/generated", "graph/model", "bench/bare"}, "GraphQL is one way in; the domain must not know it"},
	{"github.com/vektah/gqlparser/v2", []string{"graph", "graph/generated", "bench/bare"}, "GraphQL is one way in; the domain must not know it"},
	{"github.com/Khan/genqlient", nil, "the program is no client of itself"},
	{"golang.org/x/crypto", []string{"internal/secret", "internal/secret/foreign"}, "cryptography is read in one place"},
	{"unsafe", []string{"internal/secret"}, "only argon2 is linked by name, to be given memory (golang/go#36634)"},
	{"github.com/go-jose/go-jose/v4", []string{"internal/secret", "verify"}, "cryptography is read in one place, and verified in two"},
	{"crypto", []string{"internal/secret", "internal/secret/foreign", "verify", "internal/mail", "internal/mail/smtptest", "internal/httpd", "internal/store/pgtest", "internal/passkey/passkeytest"}, "cryptography is read in one place, and verified in two, but for TLS, the hashes of static files, names of tests and an authenticator for tests"},
	{"math/rand", []string{"internal/queue", "internal/store", "bench/bare", "bench/seed"}, "nothing may be guessed but how long a retry waits"},
	{"net/http", []string{"internal/app", "internal/cli", "graph", "bench", "bench/bare", "internal/httpd", "internal/metrics", "internal/outbound", "internal/provider", "internal/provider/providertest", "internal/trace", "verify"}, "the domain must not know how it is asked"},
	{"golang.org/x/oauth2", []string{"internal/provider"}, "what others say of people is verified in one place"},
	{"github.com/coreos/go-oidc/v3", []string{"internal/provider"}, "what others say of people is verified in one place"},
	{"github.com/goccy/go-yaml", []string{"internal/importer", "internal/provider"}, "settings are variables, but for the file of providers and that of an import"},
	{"github.com/prometheus", []string{"internal/metrics"}, "the parts tell their observers, and need not know who counts"},
	{"go.opentelemetry.io", []string{"internal/trace"}, "the parts tell their observers, and need not know who traces"},
	{"github.com/wneessen/go-mail", []string{"internal/mail"}, "mail leaves through the outbox only"},
	{"github.com/santhosh-tekuri/jsonschema/v6", []string{"internal/profile"}, "auth asks a schema, and need not know how one is written"},
	{"github.com/rs/cors", []string{"internal/httpd"}, "who may use the API from where is decided in one place"},
	{"github.com/go-webauthn/webauthn", []string{"internal/passkey"}, "what of the library is safe under which settings is known in one place"},
	{"rsc.io/qr", []string{"internal/qrcode"}, "how a QR code is drawn is the subject of one package"},
	{"net/smtp", nil, "mail leaves through the outbox only"},
	{"github.com/maypok86/otter/v2", []string{"internal/store"}, "what is kept in memory has to be exact, and only the store knows what changes"},
	{"github.com/alecthomas/kong", []string{"internal/cli", "internal/config"}, "settings are read in one place"},
	{"runtime/pprof", nil, "the program as it is shipped cannot be looked into; internal/cli/cpuprofile.go, which has a tag, can"},
	{"pgregory.net/rapid", []string{"internal/store/storetest"}, "tests are no part of the program"},
	{"testing", []string{"e2e/chromium", "internal/auth/authtest", "internal/mail/smtptest", "internal/provider/providertest", "internal/store/dbtest", "internal/store/pgtest", "internal/store/storetest"}, "tests are no part of the program"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

// packages lists the packages of the project with what they import, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found[short(p.ImportPath)] = p.Imports
	}
}

// short is the path within the project; "" is its root.
func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

func TestArrowsPointAtAuth(t *testing.T) {
	found := packages(t)
	for name, imports := range found {
		allowed, known := arrows[name]
		if !known {
			t.Errorf("package %q is not in the picture: give it its place in arrows", name)
			continue
		}
		for _, path := range imports {
			if strings.HasPrefix(path, module+"/") && !slices.Contains(allowed, short(path)) && !mayUse(name, short(path)) {
				t.Errorf("%q may not import %q: everything points at internal/auth, that at the mechanisms, and those at internal/secret", name, short(path))
			}
		}
	}
	for name := range arrows {
		if _, ok := found[name]; !ok {
			t.Errorf("there is no package %q any more: take it out of the picture", name)
		}
	}
}

// mayUse reports whether path is a mechanism, and name is auth or above it.
func mayUse(name, path string) bool {
	_, ok := mechanisms[path]
	return ok && (name == "internal/auth" || slices.Contains(arrows[name], "internal/auth"))
}

func TestEachDependencyHasItsKeeper(t *testing.T) {
	for name, imports := range packages(t) {
		for _, path := range imports {
			for _, rule := range keepers {
				below := path == rule.dependency || strings.HasPrefix(path, rule.dependency+"/")
				if below && !slices.Contains(rule.keepers, name) {
					t.Errorf("%q may not import %s: %s", name, path, rule.why)
				}
			}
		}
	}
}

// equalBytes are the files that may compare bytes in a time that tells where they differ, and why.
var equalBytes = map[string]string{
	"internal/passkey/get.go":         "ids of passkeys, which are no secrets: a signature is what counts",
	"internal/auth/refresh.go":        "digests of random tokens: whoever can choose one knows nothing of another",
	"internal/auth/trusted_device.go": "digests of random tokens, as in refresh.go",
	"internal/store/limits.go":        "keyed digests of what is counted: whoever is counted knows none",
}

// TestSecretsAreComparedInConstantTime fails for bytes.Equal, and for == and != on what Reveal returns, but with "".
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{"bench", "e2e", "examples", "node_modules", "storetest", "tools", ".git"}, entry.Name()):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if from, ok := n.X.(*ast.Ident); ok && from.Name == "bytes" && n.Sel.Name == "Equal" && equalBytes[filepath.ToSlash(path)] == "" {
					t.Errorf("%s: got bytes.Equal, want hmac.Equal or subtle.ConstantTimeCompare, or a reason in equalBytes", files.Position(n.Pos()))
				}
			case *ast.BinaryExpr:
				if (n.Op == token.EQL || n.Op == token.NEQ) && (reveals(n.X) && !isEmptyText(n.Y) || reveals(n.Y) && !isEmptyText(n.X)) {
					t.Errorf("%s: got a secret compared by %s, want subtle.ConstantTimeCompare", files.Position(n.Pos()), n.Op)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range equalBytes {
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "bytes.Equal(") {
			t.Errorf("%s compares no bytes any more: take it out of equalBytes", path)
		}
	}
}

// reveals reports whether an expression is a call of Reveal.
func reveals(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Reveal"
}

func isEmptyText(e ast.Expr) bool {
	literal, ok := e.(*ast.BasicLit)
	return ok && literal.Value == `""`
}
