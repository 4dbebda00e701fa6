package httpd

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/web"
)

// Where the playground and the schema are.
const (
	playgroundPath = "/playground"
	schemaPath     = "/schema.graphql"
)

// policyOfPlayground lets GraphiQL run from this server and talk to this server, and to no other host.
// Its fonts and some of its pictures are in its stylesheet. While a menu is open, a part of it adds
// one style element, which has the nonce; no other is taken, and no script in the page.
const policyOfPlayground = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-%s'; img-src 'self' data:; font-src data:; " +
	"connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// tab is what a tab of the playground holds, by the names that GraphiQL has for it.
type tab struct {
	Query     string `json:"query"`
	Variables string `json:"variables,omitempty"`
}

// playground is the page and its files.
type playground struct {
	page    *template.Template
	tabs    string // JSON
	scripts []*asset
	styles  []*asset
	licence *asset // what the authors of the others ask to be passed on
}

// newPlayground panics if a file is missing: no such binary starts.
func newPlayground() *playground {
	const folder = "playground/"
	p := &playground{
		page:   template.Must(template.ParseFS(web.Developer, folder+"playground.html")),
		styles: []*asset{newStatic(folder + "built/graphiql.css.gz"), newStatic(folder + "playground.css")},
		scripts: []*asset{
			newStatic(folder + "built/react.js.gz"), newStatic(folder + "built/react-dom.js.gz"),
			newStatic(folder + "built/graphiql.js.gz"), newStatic(folder + "playground.js"),
		},
		licence: newStatic(folder + "built/licenses.txt.gz"),
	}
	tabs, err := json.Marshal(readTabs())
	if err != nil {
		panic(err)
	}
	p.tabs = string(tabs)
	return p
}

// readTabs returns the prepared operations, in the order of their files' names. Variables are in a file
// of the same name.
func readTabs() []tab {
	files, err := fs.Glob(web.Developer, "playground/operations/*.graphql")
	if err != nil || len(files) == 0 {
		panic(fmt.Sprintf("the operations of the playground are missing: %v", err))
	}
	tabs := make([]tab, len(files))
	for i, file := range files {
		query, err := fs.ReadFile(web.Developer, file)
		if err != nil {
			panic(err)
		}
		tabs[i].Query = strings.TrimSpace(string(query))
		if variables, err := fs.ReadFile(web.Developer, strings.TrimSuffix(file, "graphql")+"json"); err == nil {
			tabs[i].Variables = strings.TrimSpace(string(variables))
		}
	}
	return tabs
}

// routePlayground makes the playground and the schema known, as far as they are on.
func (s *Server) routePlayground() {
	if s.config.Schema != "" {
		s.handle(schemaPath, s.schema, http.MethodGet, http.MethodHead)
	}
	if !s.config.Playground {
		return
	}
	p := newPlayground()
	s.routeStatic(slices.Concat(p.scripts, p.styles, []*asset{p.licence})...)
	s.handle(playgroundPath, func(w http.ResponseWriter, r *http.Request) { s.servePlayground(w, r, p) }, http.MethodGet, http.MethodHead)
}

func (s *Server) servePlayground(w http.ResponseWriter, r *http.Request, p *playground) {
	nonce := rand.Text()
	view := struct {
		Product, Tabs, Nonce, Licence string
		Styles, Scripts               []string
		Inbox                         bool
	}{
		Product: s.config.ProductName, Tabs: p.tabs, Nonce: nonce, Licence: p.licence.path,
		Styles: paths(p.styles), Scripts: paths(p.scripts), Inbox: s.inboxRefusal(r) == "",
	}
	var body bytes.Buffer
	if err := p.page.Execute(&body, view); err != nil {
		panic(err) // of a template of ours, with nothing from outside
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", fmt.Sprintf(policyOfPlayground, nonce))
	s.write(w, r, body.Bytes())
}

func paths(files []*asset) []string {
	paths := make([]string, len(files))
	for i, file := range files {
		paths[i] = file.path
	}
	return paths
}

// schema serves the whole contract with its descriptions, as a text that browsers show.
func (s *Server) schema(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	s.write(w, r, []byte(s.config.Schema))
}
