package mail

import (
	"bytes"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"slices"
	"strings"
	"text/template"

	"golang.org/x/net/html"
)

// tryTemplates writes every letter with sample data, with and without each fact that may not be known,
// and returns the first fault of each file that has one.
func (r *Renderer) tryTemplates() error {
	var files []string
	var faults []error
	for _, letter := range letters() {
		kind := letter.Kind
		p, err := r.page(letter, letter.Sample())
		if err != nil {
			return fmt.Errorf("the sample of %s: %w", kind, err)
		}
		for _, known := range subsets(p.facts) {
			p.facts = known
			if fault := r.templates.try(fileOf(kind), r.templates.letters[kind], p); fault != nil && !slices.Contains(files, fault.file) {
				files, faults = append(files, fault.file), append(faults, fault)
			}
		}
	}
	return errors.Join(faults...)
}

// subsets returns the facts with every choice of those that may be missing.
func subsets(all facts) []facts {
	found := []facts{all}
	for _, forget := range []func(*facts){
		func(f *facts) { f.Name = "" },
		func(f *facts) { f.ValidFor = "" },
		func(f *facts) { f.At = "" },
		func(f *facts) { f.Until = "" },
		func(f *facts) { f.From = "" },
	} {
		for _, f := range found {
			forget(&f)
			found = append(found, f)
		}
	}
	return found
}

// try lays one letter out, and returns what is wrong with its words or with a layout; nil is nothing.
func (t *templates) try(file string, words *template.Template, p page) *templateFault {
	if err := p.fill(words); err != nil {
		return faultOf(file, err)
	}
	switch {
	case p.Subject == "":
		return partFault(words, "subject", "the subject is empty")
	case strings.ContainsFunc(p.Subject, isControl):
		return partFault(words, "subject", "the subject is not one line of text")
	case p.Link != "" && p.Button == "":
		return partFault(words, "button", "the button of the link has no words on it")
	case len(p.Before) == 0:
		return partFault(words, "before", "the letter says nothing before its link, code or end")
	}

	var text, markup bytes.Buffer
	if err := t.text.Execute(&text, p); err != nil {
		return faultOf(textLayout, err)
	}
	lines := strings.Split(text.String(), "\n")
	for what, needed := range map[string]string{"link": p.Link, "code": p.Code} {
		if needed != "" && !slices.Contains(lines, needed) {
			return lost(textLayout, what, file, "alone on a line")
		}
	}

	if err := t.html.Execute(&markup, p); err != nil {
		return faultOf(htmlLayout, err)
	}
	links, shown := seen(&markup)
	if p.Link != "" && !slices.Contains(links, asLink(p.Link)) {
		return lost(htmlLayout, "link", file, `in an <a href="{{.Link}}">`)
	}
	if p.Code != "" && !strings.Contains(shown, p.Code) {
		return lost(htmlLayout, "code", file, "in its text")
	}
	return nil
}

// partFault is a fault of a part of a letter.
func partFault(words *template.Template, part, reason string) *templateFault {
	tree := words.Lookup(part).Tree
	location, _ := tree.ErrorContext(tree.Root)
	return faultOf(words.Name(), errors.New("template: "+location+": "+reason))
}

// lost is the fault of a layout without which its reader cannot do what the letter asks for.
func lost(layout, what, letter, where string) *templateFault {
	return &templateFault{file: layout, reason: fmt.Sprintf("the %s of %s is not in it: it must be %s, always", what, letter, where)}
}

// seen returns where the links of a page lead, and the text that it shows.
func seen(markup *bytes.Buffer) (links []string, text string) {
	var b strings.Builder
	hidden := ""
	for z := html.NewTokenizer(markup); ; {
		switch z.Next() {
		case html.ErrorToken: // the end: nothing else goes wrong in memory
			return links, b.String()
		case html.TextToken:
			if hidden == "" {
				b.Write(z.Text())
			}
		case html.StartTagToken:
			token := z.Token()
			if slices.Contains([]string{"title", "style", "script"}, token.Data) {
				hidden = token.Data
			}
			for _, attribute := range token.Attr {
				if token.Data == "a" && attribute.Key == "href" {
					links = append(links, attribute.Val)
				}
			}
		case html.EndTagToken:
			if z.Token().Data == hidden {
				hidden = ""
			}
		case html.SelfClosingTagToken, html.CommentToken, html.DoctypeToken:
		}
	}
}

// plainLink shows how html/template writes a link.
var plainLink = htmltemplate.Must(htmltemplate.New("link").Parse(`<a href="{{.}}">`))

// asLink returns a link as it is in a page.
func asLink(link string) string {
	var b bytes.Buffer
	if err := plainLink.Execute(&b, link); err != nil {
		return link
	}
	links, _ := seen(&b)
	return strings.Join(links, "")
}
