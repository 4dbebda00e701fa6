package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var adminAddress = regexp.MustCompile(`"msg":"serving administration","addr":"([^"]+)"`)

// TestAdministrationHasAnAddressOfItsOwn serves administrators there, and at the public address nobody.
func TestAdministrationHasAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	settings := databases["SQLite"](t)
	if _, errs, ok := latchkey(t, password+"\n", settings, "user", "create", email, "--role", "admin", "--confirmed"); !ok {
		t.Fatalf("create an administrator: %s", errs)
	}
	p := serve(t, settings, map[string]string{"LATCHKEY_ADMIN_ADDR": "127.0.0.1:0"})
	found := adminAddress.FindStringSubmatch(p.output.String())
	if found == nil {
		t.Fatalf("no address of the administration in:\n%s", hideTokens(p.output.String()))
	}
	admin := &process{t: t, client: p.client, url: "http://" + found[1], output: p.output}

	const users = "{ users { nodes { email } } }"
	token := p.login(password)
	p.hears("the public address", token, users, `"code":"FORBIDDEN"}}],"data":{"users":null}}`)
	admin.hears("the address of administration", token, users, `{"data":{"users":{"nodes":[{"email":"`+email+`"}]}}}`)
	admin.hears("a session that begins there", admin.login(password), users, `{"data":{"users":{"nodes":[{"email":"`+email+`"}]}}}`)
	for _, c := range []struct {
		at     *process
		path   string
		status int
	}{{p, "/admin", http.StatusNotFound}, {p, "/sign-in", http.StatusOK}, {admin, "/admin", http.StatusOK}, {admin, "/sign-in", http.StatusOK}, {admin, "/dev/mail", http.StatusNotFound}} {
		if status, _ := c.at.get(c.path); status != c.status {
			t.Errorf("%s%s: got %d, want %d", c.at.url, c.path, status, c.status)
		}
	}
	turned, err := http.NewRequestWithContext(t.Context(), http.MethodGet, admin.url+"/admin", nil)
	if err != nil {
		t.Fatal(err)
	}
	turned.Host = "evil.example"
	response, err := admin.client.Do(turned)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("/admin by the name of another site: got %d, want %d", response.StatusCode, http.StatusMisdirectedRequest)
	}

	taken := map[string]string{"LATCHKEY_ADMIN_ADDR": strings.TrimPrefix(admin.url, "http://"), "LATCHKEY_ADDR": "127.0.0.1:0", "LATCHKEY_DATA_DIR": t.TempDir()}
	if _, errs, ok := latchkey(t, "", taken, "serve"); ok || !strings.Contains(errs, "LATCHKEY_ADMIN_ADDR") {
		t.Errorf("an address that is taken: ended well: %t, said %q", ok, errs)
	}
}
