package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/web"
)

const (
	layoutFile  = "layout.html"
	textsFile   = "texts.json"
	coloursFile = "colours.css"
	iconFile    = "favicon.svg"

	signInFile     = "sign_in.html"
	secondStepFile = "second_step.html" // part of the page for signing in
	providersFile  = "providers.html"   // parts of several pages
	proofFile      = "proof.html"       // the dialog in which users prove who they are
	adminFile      = "admin.html"       // the server's own, with a layout of its own
)

// secondStepForms are what a page for signing in needs for whoever has a second factor.
var secondStepForms = []string{`data-form="factor"`, `data-form="recovery"`, `data-form="enroll"`, `data-codes`, `data-kept`}

// logoFiles are the names that an operator's logo may have, the first that is there counts.
var logoFiles = []string{"logo.svg", "logo.png"}

// logoLimit is in bytes, of a logo or an icon: pages are to be light.
const logoLimit = 256 << 10

// pageFiles are the pages that an operator can replace, each with what the server or the script looks
// for in it: without that it would do nothing.
var pageFiles = map[string][]string{
	"message.html":           nil,
	"confirm.html":           {`method="post"`, `action="confirm"`, `name="token"`},
	"reset.html":             {`method="post"`, `action="reset"`, `name="token"`, `name="password"`},
	"undo_email_change.html": {`method="post"`, `action="undo-email-change"`, `name="token"`},
	"email_change.html":      {`data-form="email-change"`, `name="token"`},
	"invitation.html":        {`data-form="invitation"`, `name="token"`, `name="password"`, `name="username"`, `data-profile`},
	"sign_up.html":           {`data-form="sign-up"`, `name="email"`, `name="username"`, `name="password"`, `data-profile`},
	"sign_in.html":           {`data-form="sign-in"`, `name="login"`, `name="password"`, `data-form="code-request"`, `data-form="code"`},
	"forgot.html":            {`data-form="forgot"`, `name="email"`},
	"account.html": {
		`data-form="profile"`, `data-profile`, `data-form="username"`, `data-form="email"`, `data-form="password"`,
		`data-sessions`, `data-session`, `data-form="delete"`, `data-dialog="proof"`, `data-form="proof"`,
	},
}

// Pages are what browsers are shown: the built-in ones, with what an operator has put in their place.
type Pages struct {
	templates  map[string]*template.Template
	texts      texts
	stylesheet *asset
	script     *asset
	admin      struct{ stylesheet, script *asset } // what the pages for administrators have besides
	icon       *asset
	logo       *asset // nil: there is none
	marks      map[string]*asset
}

// builtInPages returns the pages of the binary. It panics if they cannot be used: no such binary starts.
var builtInPages = sync.OnceValue(func() *Pages {
	pages, err := LoadPages("")
	if err != nil {
		panic(err)
	}
	return pages
})

// LoadPages reads the built-in pages, and the files of dir in place of those that have their names;
// dir may be empty. The files may be pages (sign_in.html), layout.html, texts.json, colours.css,
// logo.svg or logo.png, and favicon.svg. The error names every file that is unknown, or cannot be used,
// with the line of the fault. A page is tried with samples of all that it may be asked to show.
func LoadPages(dir string) (*Pages, error) {
	own, faults := ownPages(dir)
	pages := &Pages{templates: map[string]*template.Template{}}
	note := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}

	var err error
	if pages.texts, err = parseTexts(textsFile, embedded(textsFile), nil); err != nil {
		panic(err) // no such binary starts
	}
	if source, there := own[textsFile]; there {
		if pages.texts, err = parseTexts(textsFile, source, pages.texts); err != nil {
			return nil, errors.Join(append(faults, err)...)
		}
	}

	css := embedded("style.css")
	if source, there := own[coloursFile]; there {
		note(checkColours(coloursFile, source))
		css = append(append(bytes.Clone(css), '\n'), source...)
	}
	pages.stylesheet = newAsset("style", ".css", "text/css; charset=utf-8", css)
	pages.script = newAsset("account", ".js", "text/javascript; charset=utf-8", embedded("account.js"))
	pages.admin.stylesheet = newAsset("admin", ".css", "text/css; charset=utf-8", embedded("admin.css"))
	pages.admin.script = newAsset("admin", ".js", "text/javascript; charset=utf-8", embedded("admin.js"))
	pages.icon = newAsset("favicon", ".svg", "image/svg+xml", cmpOr(own[iconFile], embedded(iconFile)))
	for _, name := range logoFiles {
		if source, there := own[name]; there && pages.logo == nil {
			kind := map[string]string{".svg": "image/svg+xml", ".png": "image/png"}[filepath.Ext(name)]
			pages.logo = newAsset("logo", filepath.Ext(name), kind, source)
		}
	}

	pages.marks = loadMarks()
	layout := cmpOr(own[layoutFile], embedded(layoutFile))
	for name := range pageFiles {
		note(pages.parse(name, layout, cmpOr(own[name], embedded(name)), own[name] != nil))
	}
	if own[layoutFile] != nil {
		note(inlined(layoutFile, layout))
	}
	// The front door and the pages for administrators are the server's own.
	pages.templates[adminFile] = template.Must(template.New(adminFile).Parse(string(embedded(adminFile))))
	template.Must(pages.templates[adminFile].New(proofFile).Parse(string(embedded(proofFile))))
	pages.templates["home.html"] = template.Must(template.New(layoutFile).Parse(string(embedded(layoutFile))))
	template.Must(pages.templates["home.html"].New(providersFile).Parse(string(embedded(providersFile))))
	template.Must(pages.templates["home.html"].New("home.html").Parse(string(embedded("home.html"))))

	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		faults = slices.CompactFunc(faults, func(a, b error) bool { return a.Error() == b.Error() })
		return nil, errors.Join(faults...)
	}
	return pages, nil
}

// cmpOr returns the operator's content if there is one.
func cmpOr(own, builtIn []byte) []byte {
	if own != nil {
		return own
	}
	return builtIn
}

// ownPages reads the files in dir. What starts with a dot is not meant for us.
func ownPages(dir string) (own map[string][]byte, faults []error) {
	own = map[string][]byte{}
	if dir == "" {
		return own, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, []error{fmt.Errorf("the folder cannot be read: %w", err)}
	}
	defer func() { _ = root.Close() }()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, []error{fmt.Errorf("the folder cannot be read: %w", err)}
	}

	known := append([]string{layoutFile, textsFile, coloursFile, iconFile}, logoFiles...)
	for name := range pageFiles {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		if !slices.Contains(known, name) {
			faults = append(faults, &pageFault{file: name, reason: "nothing here has this name. There are: " + strings.Join(known, ", ")})
			continue
		}
		content, err := root.ReadFile(name)
		isImage := slices.Contains(logoFiles, name) || name == iconFile
		switch {
		case err != nil:
			faults = append(faults, &pageFault{file: name, reason: err.Error()})
		case isImage && len(content) > logoLimit:
			faults = append(faults, &pageFault{file: name, reason: fmt.Sprintf("it is larger than %d KiB", logoLimit>>10)})
		case filepath.Ext(name) != ".png" && !utf8.Valid(content):
			faults = append(faults, &pageFault{file: name, reason: "it is not written in UTF-8"})
		default:
			own[name] = bytes.ReplaceAll(bytes.TrimPrefix(content, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
			if filepath.Ext(name) == ".png" {
				own[name] = content
			}
		}
	}
	return own, faults
}

// parse takes in a page with its layout, and shows it samples to see that it knows what it asks for.
func (p *Pages) parse(name string, layout, source []byte, own bool) error {
	page, err := template.New(layoutFile).Parse(string(layout))
	if err != nil {
		return faultOfTemplate(layoutFile, err)
	}
	for _, parts := range []string{secondStepFile, providersFile, proofFile} {
		template.Must(page.New(parts).Parse(string(embedded(parts))))
	}
	if _, err := page.New(name).Parse(string(source)); err != nil {
		return faultOfTemplate(name, err)
	}
	if name == signInFile {
		addSecondStep(page, source)
		addProviders(page, source)
	}
	for _, part := range []string{"layout", "content"} {
		if page.Lookup(part) == nil {
			file := map[string]string{"layout": layoutFile, "content": name}[part]
			return &pageFault{file: file, reason: fmt.Sprintf("it lacks {{define %q}}…{{end}}", part)}
		}
	}
	var all bytes.Buffer
	for _, sample := range p.samples(name) {
		if err := page.ExecuteTemplate(&all, "layout", sample); err != nil {
			return faultOfTemplate(name, err)
		}
	}
	for _, part := range pageFiles[name] {
		if !bytes.Contains(all.Bytes(), []byte(part)) {
			return &pageFault{file: name, reason: "it has nothing with " + part + ", without which the page does nothing"}
		}
	}
	p.templates[name] = page
	if own {
		return inlined(name, source)
	}
	return nil
}

// addSecondStep puts the forms of the second step behind the content of an operator's page for signing in that has none
// of its own, as pages from before second factors do: without them whoever has one could not sign in.
func addSecondStep(page *template.Template, source []byte) {
	content := page.Lookup("content")
	if content == nil || bytes.Contains(source, []byte(`template "second_step"`)) || !slices.ContainsFunc(secondStepForms, func(form string) bool {
		return !bytes.Contains(source, []byte(form))
	}) {
		return
	}
	template.Must(page.AddParseTree("own_content", content.Tree))
	template.Must(page.New("with_second_step").Parse(`{{define "content"}}{{template "own_content" .}}<div data-script>{{template "second_step" .}}</div>{{end}}`))
}

// samples are what a page may be asked to show.
func (p *Pages) samples(name string) []*view {
	var samples []*view
	for _, full := range []bool{false, true} {
		for _, usernames := range []string{"OFF", "OPTIONAL", "REQUIRED"} {
			for _, closed := range []bool{false, true} {
				v := &view{
					Title: "Title", Product: "Product", Version: "1", Stylesheet: "s.css", MinLength: 8,
					Usernames: usernames, SignUpClosed: closed, LoginCodes: full, Passkeys: full, TrustedDevices: full, pages: p,
					Action: strings.ReplaceAll(strings.TrimSuffix(name, ".html"), "_", "-"), Token: "t",
				}
				if full {
					v.Page, v.Script, v.Logo, v.SignIn, v.ReturnTo, v.ReturnQuery = "page", "s.js", "l.svg", true, "account", "?return_to=account"
					v.Providers, v.ProviderReturn, v.Next = []button{{ID: "p", Name: "P", Mark: "m.svg", Href: "provider?id=p", Text: "P"}}, "{}", &action{"a", "b"}
					v.Alerts, v.Lines, v.Problems = []string{"a"}, []string{"b"}, []string{"c"}
				}
				samples = append(samples, v)
			}
		}
	}
	return samples
}

// located takes the messages of html/template apart.
var located = regexp.MustCompile(`(?s)^(?:html/)?template: ?([^:]+):(\d+)(?::\d+)?: (.*)$`)

func faultOfTemplate(file string, err error) error {
	found := located.FindStringSubmatch(err.Error())
	if found == nil {
		return &pageFault{file: file, reason: err.Error()}
	}
	line, err := strconv.Atoi(found[2])
	if err != nil {
		return &pageFault{file: found[1], reason: found[3]}
	}
	return &pageFault{file: found[1], line: line, reason: found[3]}
}

// inlining is what the content security policy of the pages blocks.
var inlining = regexp.MustCompile(`(?i)<style|<script(?:[^>]*>)|\sstyle\s*=|\son[a-z]+\s*=|javascript:|(?:src|href)\s*=\s*["']?(?:https?:)?//[^"'>]*\.(?:css|js)`)

// inlined reports a script or a style in a page, which browsers would not take.
func inlined(file string, source []byte) error {
	for _, at := range inlining.FindAllIndex(source, -1) {
		found := string(source[at[0]:at[1]])
		if found == `<script src="{{.}}" defer>` || found == `<script src="{{.Script}}" defer>` {
			continue
		}
		return &pageFault{
			file: file, line: 1 + bytes.Count(source[:at[0]], []byte("\n")),
			reason: "browsers do not take a script or a style from here: the pages' content security policy allows only the server's own files",
		}
	}
	return nil
}

// embedded returns a file of the binary. It panics if there is none: no such binary starts.
func embedded(file string) []byte {
	opened, err := web.Files.Open(file)
	if err != nil {
		panic(err)
	}
	defer func() { _ = opened.Close() }()
	body, err := io.ReadAll(opened)
	if err != nil {
		panic(err)
	}
	return body
}
