package httpd

import (
	"bytes"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"github.com/latchkey-auth/latchkey/web"
)

// genericMark is that of providers without one of their own.
const genericMark = "key"

// loadMarks returns the marks of providers by their presets. It panics if they cannot be read: no such binary starts.
func loadMarks() map[string]*asset {
	files, err := fs.Glob(web.Files, "marks/*.svg")
	if err != nil || len(files) == 0 {
		panic("there are no marks of providers")
	}
	marks := map[string]*asset{}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".svg")
		marks[name] = newAsset("mark-"+name, ".svg", "image/svg+xml", embedded(file))
	}
	return marks
}

// mark returns the mark of a preset.
func (p *Pages) mark(preset string) *asset {
	if mark := p.marks[preset]; mark != nil {
		return mark
	}
	return p.marks[genericMark]
}

// addProviders puts what a sign-in with a provider needs into an operator's page for signing in that has none of it, as
// pages from before providers do: the buttons, and the forms without which whoever comes back could not go on.
func addProviders(page *template.Template, source []byte) {
	content := page.Lookup("content")
	lacks := func(part string) bool { return !bytes.Contains(source, []byte(part)) }
	panels, buttons := lacks(`template "provider_panels"`), lacks(`template "provider_buttons"`)
	if content == nil || !panels && !buttons {
		return
	}
	after := ""
	if panels {
		after += `{{template "provider_panels" .}}`
	}
	if buttons {
		after += `{{template "provider_buttons" .}}`
	}
	template.Must(page.AddParseTree("content_before_providers", content.Tree))
	template.Must(page.New("with_providers").Parse(`{{define "content"}}{{template "content_before_providers" .}}<div data-script>` + after + `</div>{{end}}`))
}
