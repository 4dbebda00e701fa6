package e2e

import (
	"strings"
	"testing"
)

// TestThePageForMobileApps runs its client in Node, with tokens of both forms, and then its app.
func TestThePageForMobileApps(t *testing.T) {
	t.Parallel()
	const page = "mobile-app.md"
	folder := nodeFolder(t)
	place(t, folder, "latchkey.mjs", program(t, page, "latchkey.mjs"))
	place(t, folder, "keychain.mjs", program(t, page, "keychain.mjs"))
	place(t, folder, "node_modules/expo-secure-store/package.json", `{"name": "expo-secure-store", "type": "module", "exports": "./index.js"}`)
	place(t, folder, "node_modules/expo-secure-store/index.js", `const kept = new Map();
		export const getItemAsync = async (key) => kept.get(key) ?? null;
		export const setItemAsync = async (key, text) => { if (typeof text !== "string") throw new Error("only texts are kept"); kept.set(key, text); };
		export const deleteItemAsync = async (key) => { kept.delete(key); };`)

	for _, mode := range []string{"opaque", "jwt"} {
		t.Run(mode, func(t *testing.T) {
			settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ACCESS_TOKEN": mode}
			account(t, settings)
			p := serve(t, settings)
			place(t, folder, "app.mjs", strings.ReplaceAll(program(t, page, "app.mjs"), "http://localhost:8080", p.url))
			if out := runIn(t, folder, command(t, "node", "app.mjs")); out != "Hello, Ada!\n" {
				t.Errorf("the app of the page prints %q", hideAll(out))
			}
			if out, _, _ := latchkey(t, "", settings, "audit", "--json"); !strings.Contains(out, `"act":"logged_out"`) {
				t.Errorf("the app has not logged out:\n%s", out)
			}
			out := node(t, folder, "mobile.mjs", "LATCHKEY_URL="+p.url+"/graphql", "EMAIL="+email, "PASSWORD="+password, "MODE="+mode)
			if out != "all is well\n" {
				t.Errorf("the client of the page prints %q", hideAll(out))
			}
			if text := p.output.String(); hideAll(text) != text {
				t.Error("got a token in the log, want none")
			}
		})
	}
}
