package mail

import (
	"bytes"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
	"text/template"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/locale"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// tokenPlace is where a link's template has its token.
const tokenPlace = "{token}"

// Settings are what an operator decides about mail.
type Settings struct {
	From          string // the sender: an address, or a name and an address in angle brackets
	ProductName   string // what the letters call the product
	SubjectPrefix string // goes before each subject, with a space between; may be empty
	// Links say where the links of letters lead, by what their tokens are good for: http(s) URLs in which
	// {token} stands for the token.
	Links map[auth.Purpose]string
	// Templates is a folder whose files are used in place of the embedded ones of the same names; empty: none.
	Templates string
	// Now tells the time for the Date header; nil means time.Now.
	Now func() time.Time
}

// Renderer writes letters. It is safe for concurrent use.
type Renderer struct {
	settings  Settings
	from      *netmail.Address
	domain    string // of from; in ASCII
	templates *templates
}

// NewRenderer returns a renderer for the settings, or an error that names the one which is wrong:
// From is no address, a URL has no {token} or is not http(s), the product has no name, something has a
// control character in it, a file among the templates is wrong.
//
// Templates of the operator's own are tried with samples of every letter, whatever is known of it and not:
// one that is unknown, does not parse, speaks of a field that there is not, or loses a link or a code is
// named in the error with its line, and so is each other.
func NewRenderer(s Settings) (*Renderer, error) {
	if s.Now == nil {
		s.Now = time.Now
	}
	s.ProductName, s.SubjectPrefix = strings.TrimSpace(s.ProductName), strings.TrimSpace(s.SubjectPrefix)

	from, err := parseAddress(s.From)
	if err != nil {
		return nil, fmt.Errorf("the sender of mail (%q): %w", s.From, err)
	}
	if s.ProductName == "" {
		return nil, errors.New("the product has no name")
	}
	for what, value := range map[string]string{"product's name": s.ProductName, "subject prefix": s.SubjectPrefix} {
		if strings.ContainsFunc(value, isControl) {
			return nil, fmt.Errorf("the %s (%q) has a control character in it", what, value)
		}
	}
	for _, letter := range letters() {
		if letter.Link == "" {
			continue
		}
		if err := checkLink(s.Links[letter.Link]); err != nil {
			return nil, fmt.Errorf("the URL for the %s (%q): %w", letter.Link.Page(), s.Links[letter.Link], err)
		}
	}

	r := &Renderer{settings: s, from: from, domain: domainOf(from.Address)}
	if r.templates, err = loadTemplates(s.Templates); err == nil && s.Templates != "" {
		err = r.tryTemplates()
	}
	if err != nil {
		return nil, fmt.Errorf("the templates of mail (%q):\n%w", s.Templates, err)
	}
	return r, nil
}

// facts are what a letter's template may speak of.
type facts struct {
	Product  string
	Name     string // safe to greet with; may be empty
	ValidFor string // in words; may be empty
	At       string // in words; may be empty
	Until    string // likewise
	From     string // in words, with what device and from which address; may be empty
}

// page is what the layouts lay out.
type page struct {
	facts
	Subject       string // without the prefix
	Before, After []string
	Button, Link  string // both empty: a letter without a link
	Code          string // empty: a letter without a code
}

// Render writes a letter. It fails for a kind that it does not know, an address that cannot be
// written into a header, and a letter with a link but no token or for a code without one; its errors hold none of these.
func (r *Renderer) Render(letter *auth.Letter) (*Message, error) {
	spec, ok := specOf(letter.Kind)
	if !ok {
		return nil, fmt.Errorf("render: no letter of the kind %q", letter.Kind)
	}
	to, err := parseAddress("<" + letter.To.Address + ">")
	if err != nil {
		return nil, &PermanentError{Reason: fmt.Sprintf("the letter %s cannot be addressed: %v", letter.Kind, err)}
	}

	p, err := r.page(spec, letter)
	if err != nil {
		return nil, fmt.Errorf("render the letter %s: %w", letter.Kind, err)
	}
	if err := p.fill(r.templates.letters[letter.Kind]); err != nil {
		return nil, fmt.Errorf("render the letter %s: %w", letter.Kind, err)
	}
	var text, html bytes.Buffer
	if err := r.templates.text.Execute(&text, p); err != nil {
		return nil, fmt.Errorf("render the letter %s as text: %w", letter.Kind, err)
	}
	if err := r.templates.html.Execute(&html, p); err != nil {
		return nil, fmt.Errorf("render the letter %s as HTML: %w", letter.Kind, err)
	}
	return &Message{
		ID:      uuid.NewString() + "@" + r.domain,
		Kind:    letter.Kind,
		From:    r.from.String(),
		To:      to.Address,
		Subject: strings.TrimSpace(r.settings.SubjectPrefix + " " + p.Subject),
		Date:    r.settings.Now().UTC(),
		Text:    secret.Text(text.String()),
		HTML:    secret.Text(html.String()),
	}, nil
}

// page returns what a letter says, but for its words.
func (r *Renderer) page(spec auth.LetterSpec, letter *auth.Letter) (page, error) {
	p := page{facts: facts{
		Product:  r.settings.ProductName,
		Name:     greetable(letter.Name),
		ValidFor: locale.Span(letter.ValidFor),
		At:       atInWords(letter.At),
		Until:    atInWords(letter.Until),
		From:     fromInWords(letter.Device, letter.IPAddress),
	}}
	var err error
	if p.Link, err = r.link(spec, letter); err != nil {
		return p, err
	}
	p.Code, err = code(spec, letter)
	return p, err
}

// link returns where the letter's button leads, and "" for a letter without one.
func (r *Renderer) link(spec auth.LetterSpec, letter *auth.Letter) (string, error) {
	if spec.Link == "" {
		return "", nil
	}
	if letter.Token == "" {
		return "", errors.New("it needs a token")
	}
	if letter.RedirectURL != "" {
		return redirectLink(letter)
	}
	return strings.ReplaceAll(r.settings.Links[spec.Link], tokenPlace, url.QueryEscape(letter.Token.Reveal())), nil
}

// code returns what is to be typed, and "" for a letter without a code.
func code(spec auth.LetterSpec, letter *auth.Letter) (string, error) {
	if spec.Code == "" {
		return "", nil
	}
	if letter.Code == "" {
		return "", errors.New("it needs a code")
	}
	return letter.Code.Reveal(), nil
}

// fill takes the words of a letter apart.
func (p *page) fill(words *template.Template) error {
	parts := make(map[string]string)
	for _, part := range letterParts {
		var b strings.Builder
		if err := words.ExecuteTemplate(&b, part, p.facts); err != nil {
			return err
		}
		parts[part] = strings.TrimSpace(b.String())
	}
	p.Subject, p.Button = parts["subject"], parts["button"]
	p.Before, p.After = paragraphs(parts["before"]), paragraphs(parts["after"])
	return nil
}

// paragraphs splits a text at its empty lines.
func paragraphs(s string) []string {
	var found []string
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			found = append(found, paragraph)
		}
	}
	return found
}

// parseAddress parses an address for a header, with a display name or without, and puts its domain
// into ASCII. Its errors do not quote it.
func parseAddress(s string) (*netmail.Address, error) {
	if strings.ContainsFunc(s, isControl) {
		return nil, errors.New("it has a control character in it")
	}
	parsed, err := netmail.ParseAddress(s)
	if err != nil {
		return nil, errors.New("it is not an email address") // net/mail's own error quotes parts of it
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	domain, ok := address.ASCIIHost(parsed.Address[at+1:])
	if !ok {
		return nil, errors.New("its domain is not valid")
	}
	parsed.Address = parsed.Address[:at+1] + domain
	return parsed, nil
}

// domainOf returns what is after the last @.
func domainOf(address string) string {
	return address[strings.LastIndexByte(address, '@')+1:]
}

// checkLink reports what keeps s from being the template of a link.
func checkLink(s string) error {
	if !strings.Contains(s, tokenPlace) {
		return errors.New("it has no " + tokenPlace + " in it, where the token goes")
	}
	parsed, err := url.Parse(s)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" || strings.ContainsAny(s, " \"<>") {
		return errors.New("it is not a whole http or https address")
	}
	return nil
}
