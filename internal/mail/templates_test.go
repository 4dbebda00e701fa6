package mail_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

// ownTemplates returns the settings with a folder that has these files.
func ownTemplates(t *testing.T, files map[string]string) mail.Settings {
	t.Helper()
	s := settings
	s.Templates = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.Templates, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// embeddedFile returns a template of the program, with old replaced.
func embeddedFile(t *testing.T, name, old, replacement string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("templates", name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), old) {
		t.Fatalf("%s has no %q", name, old)
	}
	return strings.ReplaceAll(string(content), old, replacement)
}

const ownReset = `{{define "subject"}}Wachtwoord voor {{.Product}}{{end}}
{{define "before"}}Kies een nieuw wachtwoord:{{end}}
{{define "button"}}Kies{{end}}
{{define "after"}}Eerste.

Tweede.{{end}}
`

func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	t.Run("one takes the place of the embedded one, the others stay", func(t *testing.T) {
		own := newRenderer(t, ownTemplates(t, map[string]string{"reset.txt": ownReset, ".DS_Store": "\x00\xff"}))
		m := render(t, own, letter(auth.LetterReset))
		if m.Subject != "Wachtwoord voor Acme" || !strings.Contains(m.Text.Reveal(), "Kies een nieuw") || !strings.Contains(m.HTML.Reveal(), ">Kies</a>") {
			t.Errorf("the subject is %q", m.Subject)
		}
		was := render(t, newRenderer(t, settings), letter(auth.LetterConfirm))
		if is := render(t, own, letter(auth.LetterConfirm)); is.Text != was.Text || is.HTML != was.HTML {
			t.Error("got a changed confirmation, want it as before")
		}
	})

	t.Run("the layouts can be replaced, and all embedded ones pass their own examination", func(t *testing.T) {
		newRenderer(t, ownTemplates(t, nil))
		m := render(t, newRenderer(t, ownTemplates(t, map[string]string{
			"layout.html": embeddedFile(t, "layout.html", "#1f5fd6", "#123456"),
			"layout.txt":  embeddedFile(t, "layout.txt", "Hello", "Hallo"),
		})), letter(auth.LetterReset))
		if !strings.Contains(m.HTML.Reveal(), "#123456") || !strings.HasPrefix(m.Text.Reveal(), "Hallo ") {
			t.Error("a layout is the old one")
		}
	})

	t.Run("lines that end as on Windows are lines", func(t *testing.T) {
		crlf := "\ufeff" + strings.ReplaceAll(ownReset, "\n", "\r\n")
		m := render(t, newRenderer(t, ownTemplates(t, map[string]string{"reset.txt": crlf})), letter(auth.LetterReset))
		if text := m.Text.Reveal(); !strings.Contains(text, "\nEerste.\n\nTweede.\n") || strings.Contains(text, "\r") {
			t.Errorf("the paragraphs are lost:\n%q", text)
		}
	})

	t.Run("a link that HTML writes differently is recognised", func(t *testing.T) {
		s := ownTemplates(t, nil)
		s.Links = maps.Clone(s.Links)
		s.Links[auth.PurposeReset] = "https://bücher.test/réset?a=1&b=%20'ü'&token={token}"
		newRenderer(t, s)
	})
}

func TestTemplatesThatStopTheStart(t *testing.T) {
	t.Parallel()
	noLink := embeddedFile(t, "layout.html", `href="{{.Link}}"`, `href="https://acme.test/"`)
	cases := map[string]struct {
		file, content string
		want          []string
	}{
		"a name with a typing error": {"rest.txt", ownReset, []string{"rest.txt: there is no template", "reset.txt, test.txt"}},
		"a name like no other":       {"something-else.md", "", []string{"something-else.md: ", "There are: layout.txt, layout.html, confirm.txt"}},
		"what does not parse": {
			"reset.txt", "{{define \"subject\"}}x{{end}}\n\n{{define \"before\"}}{{if}}{{end}}{{end}}",
			[]string{"reset.txt, line 3: missing value for if"},
		},
		"HTML that does not parse": {"layout.html", "<p>\n{{end}}", []string{"layout.html, line 2: unexpected {{end}}"}},
		"HTML that cannot be made safe": {
			"layout.html", "<p>\n{{if .Link}}<a href='{{.Link}}{{end}}", []string{"layout.html", "line"},
		},
		"a letter without one of its parts": {
			"reset.txt", strings.ReplaceAll(ownReset, `"after"`, `"aftr"`), []string{`reset.txt: it lacks {{define "after"}}`},
		},
		"a field that there is not": {
			"reset.txt", strings.ReplaceAll(ownReset, ".Product", ".Prodct"), []string{"reset.txt, line 1: there is no .Prodct here", ".Product"},
		},
		"such a field where sample data never lead": {
			"reset.txt", strings.ReplaceAll(ownReset, "Eerste", `{{if eq .Name "Zoë"}}{{else if eq .At "x"}}{{printf "%s" $.Nme}}{{end}}`),
			[]string{"reset.txt, line 4: there is no .Nme here"},
		},
		"a field of a field": {"reset.txt", strings.ReplaceAll(ownReset, ".Product", ".Product.Name"), []string{"reset.txt, line 1"}},
		"a field where the dot is another": {
			"reset.txt", strings.ReplaceAll(ownReset, "Eerste", "{{with .Name}}{{.Product}}{{end}}"), []string{"reset.txt, line 4", "Product"},
		},
		"the link in the hands of a letter": {"reset.txt", strings.ReplaceAll(ownReset, ".Product", ".Link"), []string{"reset.txt, line 1: there is no .Link"}},
		"the address in the hands of a layout": {
			"layout.txt", embeddedFile(t, "layout.txt", "Hello", "Hello {{.To}}"), []string{"layout.txt, line 1: there is no .To"},
		},
		"a function that fails only without a name": {
			"reset.txt", strings.ReplaceAll(ownReset, "Eerste", "{{slice .Name 0 1}}"), []string{"reset.txt, line 4"},
		},
		"an empty subject":       {"reset.txt", strings.ReplaceAll(ownReset, "Wachtwoord voor {{.Product}}", ""), []string{"reset.txt, line 1: the subject is empty"}},
		"a subject of two lines": {"reset.txt", strings.ReplaceAll(ownReset, "voor", "\nBcc: x"), []string{"reset.txt, line 1: the subject is not one line"}},
		"a button without words": {"reset.txt", strings.ReplaceAll(ownReset, "Kies{{end}}", "{{end}}"), []string{"reset.txt, line 3: the button"}},
		"a text without the link": {
			"layout.txt", embeddedFile(t, "layout.txt", "{{with .Link}}\n{{.}}", "{{with .Link}}"), []string{"layout.txt: the link of confirm.txt"},
		},
		"a text that has the link for those with a name": {
			"layout.txt", embeddedFile(t, "layout.txt", "{{with .Link}}\n{{.}}", "{{with .Link}}\n{{if $.Name}}{{.}}{{end}}"), []string{"layout.txt: the link of"},
		},
		"a text with words on the line of the link": {
			"layout.txt", embeddedFile(t, "layout.txt", "{{with .Link}}\n{{.}}", "{{with .Link}}\nOpen {{.}}."), []string{"layout.txt: the link of", "alone on a line"},
		},
		"a text without the code": {
			"layout.txt", embeddedFile(t, "layout.txt", "{{with .Code}}\n{{.}}", "{{with .Code}}"), []string{"layout.txt: the code of login_code.txt"},
		},
		"a page whose button leads elsewhere": {"layout.html", noLink, []string{"layout.html: the link of confirm.txt"}},
		"a page that has the code only in its title": {
			"layout.html", "<title>{{.Code}}</title><a href=\"{{.Link}}\">{{.Button}}</a>", []string{"layout.html: the code of login_code.txt"},
		},
		"bytes that are no text": {"reset.txt", "\xff\xfe", []string{"reset.txt: it is not written in UTF-8"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := mail.NewRenderer(ownTemplates(t, map[string]string{c.file: c.content}))
			if err == nil {
				t.Fatal("got no error for this template, want one")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it does not say %q:\n%v", want, err)
				}
			}
		})
	}

	t.Run("all files at once", func(t *testing.T) {
		_, err := mail.NewRenderer(ownTemplates(t, map[string]string{"layout.html": noLink, "reset.txt": strings.ReplaceAll(ownReset, "Kies{{end}}", "{{end}}")}))
		if err == nil || !strings.Contains(err.Error(), "layout.html: ") || !strings.Contains(err.Error(), "reset.txt, line 3") {
			t.Errorf("it says %v", err)
		}
	})

	t.Run("a folder that is not there", func(t *testing.T) {
		s := settings
		s.Templates = filepath.Join(t.TempDir(), "nowhere")
		if _, err := mail.NewRenderer(s); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("it says %v", err)
		}
	})
}
